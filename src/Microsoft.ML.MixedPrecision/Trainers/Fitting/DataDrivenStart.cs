using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Fits the starting weights of hidden products to the rows that train, from the first to the last: each unit's weights are divided by the
/// standard deviation of its x·Wᵀ over the rows, so that it becomes 1; and its bias is b = −Σᵢ aᵢ·(x·Wᵀ)ᵢ over 5 rows drawn for the unit,
/// with aᵢ = eᵢ/Σ e of exponential eᵢ, so that it changes its sign among the rows. A unit of no deviation keeps its weights. The output
/// layer stays as it is.
/// </summary>
/// <remarks>Source: RealMLP, D. Holzmüller et al. (https://arxiv.org/abs/2407.04491).</remarks>
internal sealed class DataDrivenStart
{
    private const int RowsOfBias = 5;

    private readonly Network _network;
    private readonly RowSample _sample;
    private readonly int _seed;
    private readonly int _threads;
    private int _stream;

    private DataDrivenStart(Network network, RowSample sample, int seed, int threads)
        => (_network, _sample, _seed, _threads) = (network, sample, seed, threads);

    /// <summary>Fits a network's starting weights.</summary>
    /// <param name="network">The network, its weights drawn, its last layer a product.</param>
    /// <param name="sample">Rows.</param>
    /// <param name="seed">The user's seed.</param>
    /// <param name="threads">Threads to compute with.</param>
    public static void Run(Network network, RowSample sample, int seed, int threads)
    {
        var start = new DataDrivenStart(network, sample, seed, threads);
        IReadOnlyList<LayerSpec> layers = network.Spec.Layers;
        for (int i = 0; i < layers.Count - 1; i++)
        {
            if (layers[i] is LinearSpec linear)
            {
                start.Fit(linear.Name, [.. layers.Take(i + 1)]);
            }
        }
    }

    /// <summary>The product of x and the weights so far, by the layers up to it: (rows, units).</summary>
    private float[] Product(IReadOnlyList<LayerSpec> layers)
    {
        var input = new NumbersInput(_network.Spec.Inputs[0].Name, _sample.Columns, Categories: _network.Categories?.Categories.Levels);
        var spec = new NetworkSpec([input], layers);
        var front = new Network(spec);
        Dictionary<string, StoredMatrix> all = _network.Stored.ToDictionary(matrix => matrix.Name);
        foreach (StoredMatrix matrix in front.Stored)
        {
            all[matrix.Name].Values.CopyTo(matrix.Values, 0);
        }

        using var scorer = new Scorer(front, _threads, softmax: false);
        using ScoringSession session = scorer.CreateSession(_sample.Rows);
        var product = new float[_sample.Rows * front.Outputs];
        session.Run(Values(), _sample.Rows, product);
        return product;
    }

    /// <summary>The rows, their categories, between numbers and indicators of gaps, moved to the end, where a network's input has them:
    /// behind their embedding it is the same.</summary>
    private float[] Values()
    {
        float[] values = [.. _sample.Values];
        if (_network.Categories is { Places: var places })
        {
            foreach (int row in Enumerable.Range(0, _sample.Rows))
            {
                Span<float> tail = values.AsSpan(row * _sample.Columns, _sample.Columns)[places.First..];
                float[] categories = tail[..places.Count].ToArray();
                tail[places.Count..].CopyTo(tail);
                categories.CopyTo(tail[^places.Count..]);
            }
        }

        return values;
    }

    private void Fit(string name, IReadOnlyList<LayerSpec> layers)
    {
        Parameter weight = _network.Parameters.Single(parameter => parameter.Name == name + ".weight");
        Parameter bias = _network.Parameters.Single(parameter => parameter.Name == name + ".bias");
        Array.Clear(bias.Values);
        float[] product = Product(layers);
        var random = new RandomStream(_seed, RandomPurpose.DataDrivenStart, ++_stream);
        for (int unit = 0; unit < weight.Rows; unit++)
        {
            double deviation = Deviation(product, unit, weight.Rows);
            double scale = deviation > 0 && double.IsFinite(deviation) ? 1 / deviation : 1;
            foreach (ref float value in weight.Values.AsSpan(unit * weight.Columns, weight.Columns))
            {
                value = (float)(value * scale);
            }

            bias.Values[unit] = (float)(-scale * Among(product, unit, weight.Rows, random));
        }
    }

    private double Deviation(float[] product, int unit, int units)
    {
        double mean = 0, squares = 0;
        for (int row = 0; row < _sample.Rows; row++)
        {
            mean += product[(row * units) + unit];
        }

        mean /= _sample.Rows;
        for (int row = 0; row < _sample.Rows; row++)
        {
            double difference = product[(row * units) + unit] - mean;
            squares += difference * difference;
        }

        return Math.Sqrt(squares / _sample.Rows);
    }

    /// <summary>Σᵢ aᵢ·(x·Wᵀ)ᵢ over the rows that are drawn.</summary>
    private double Among(float[] product, int unit, int units, RandomStream random)
    {
        double sum = 0, total = 0;
        for (int i = 0; i < RowsOfBias; i++)
        {
            double exponential = -Math.Log(1 - random.NextDouble());
            total += exponential;
            sum += exponential * product[(random.NextInt32(_sample.Rows) * units) + unit];
        }

        return sum / total;
    }
}
