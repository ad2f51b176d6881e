using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Gives piecewise linear embeddings their bins: between the quantiles t/T, t from 0 to T, of the prepared rows that train
/// (type 7, as <see cref="Rows.FeatureQuartiles"/>), so that each holds as many rows. Quantiles that are equal leave bins without
/// width.</summary>
internal static class BinEdges
{
    /// <summary>Fits the embeddings of a network, whose first columns are those of the rows.</summary>
    /// <param name="network">The network.</param>
    /// <param name="sample">Rows.</param>
    public static void Fit(Network network, RowSample sample)
    {
        foreach (PiecewiseLinear layer in network.Body.Leaves.OfType<PiecewiseLinear>())
        {
            var values = new float[sample.Rows];
            var edges = new double[layer.Bins + 1];
            for (int column = 0; column < layer.Lower.Columns / layer.Bins; column++)
            {
                for (int row = 0; row < sample.Rows; row++)
                {
                    values[row] = sample.Values[(row * sample.Columns) + column];
                }

                Array.Sort(values);
                for (int t = 0; t <= layer.Bins; t++)
                {
                    edges[t] = Quantile(values, t / (double)layer.Bins);
                }

                layer.SetEdges(column, edges);
            }
        }
    }

    private static double Quantile(float[] sorted, double share)
    {
        double rank = (sorted.Length - 1) * share;
        int below = (int)rank, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((rank - below) * ((double)sorted[above] - sorted[below]));
    }
}
