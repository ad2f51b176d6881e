using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes piecewise linear embeddings of numbers into ONNX graphs.</summary>
internal static class PiecewiseLinearOnnx
{
    /// <summary>In FP32: <c>Gather</c> of the numbers, <c>Sub</c>, <c>Mul</c>, <c>Max</c> and <c>Min</c> for all bins, and <c>Concat</c>
    /// with
    /// the columns behind them.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, C).</param>
    /// <param name="edges">Where bins begin, and one over their widths: (n·T) each; not to change until the file is written.</param>
    /// <param name="bins">T.</param>
    /// <param name="columns">C.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>y: (N, n·T + C − n), FP32.</returns>
    /// <exception cref="ArgumentException">An edge or a factor is not finite.</exception>
    public static OnnxValue PiecewiseLinear(
        this OnnxNetworkWriter writer, OnnxValue x, (float[] Lower, float[] Factor) edges, int bins, int columns, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "PiecewiseLinearEmbedding", x);
        OnnxValue entered = layer.Enter(x);
        int count = edges.Lower.Length / bins;
        OnnxValue numbers = count == columns ? entered : layer.Columns(entered, ".numbers", 0, count);
        OnnxValue cell = layer.OperatorNamed("Reshape", ".cell", numbers, layer.Integers(-1, count, 1)).Value;
        OnnxValue lower = layer.Weight(edges.Lower, ".lower", count, bins), factor = layer.Weight(edges.Factor, ".factor", count, bins);
        OnnxValue above = layer.OperatorNamed("Sub", ".above", cell, lower).Value;
        OnnxValue share = layer.OperatorNamed("Mul", ".share", above, factor).Value;
        OnnxValue least = layer.OperatorNamed("Max", ".least", share, Bounds(layer, bins, ".floor", 0, 0, -float.MaxValue)).Value;
        OnnxValue most = layer.OperatorNamed("Min", ".most", least, Bounds(layer, bins, ".ceiling", 1, bins - 1, float.MaxValue)).Value;
        OnnxValue embedded = layer.OperatorNamed("Reshape", ".embedded", most, layer.Integers(-1, edges.Lower.Length)).Value;
        return layer.Leave(count == columns
            ? embedded
            : layer.Append(".output", 1, embedded, layer.Columns(entered, ".rest", count, columns)));
    }

    /// <summary>A bound of each bin: the same for all but one, which has none.</summary>
    private static OnnxValue Bounds(OnnxLayerWriter layer, int bins, string suffix, float bound, int free, float none)
    {
        var bounds = new float[bins];
        Array.Fill(bounds, bound);
        bounds[free] = none;
        return layer.Weight(bounds, suffix, bins);
    }
}
