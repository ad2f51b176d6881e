using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes periodic embeddings of numbers into ONNX graphs.</summary>
internal static class PeriodicEmbeddingOnnx
{
    /// <summary>
    /// In FP32: <c>Gather</c> of the numbers, <c>Mul</c> by 2πw, <c>Add</c> of b, <c>Cos</c>, <c>MatMul</c> by V, <c>Add</c> of c, and
    /// <c>Concat</c> with the numbers and with the columns behind them; <c>Reshape</c> in between.
    /// </summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, C).</param>
    /// <param name="parameters">Of n numbers; not to change until the file is written.</param>
    /// <param name="columns">C.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>y: (N, 4n + C − n), FP32.</returns>
    /// <exception cref="ArgumentException">A parameter is not finite.</exception>
    public static OnnxValue PeriodicEmbedding(
        this OnnxNetworkWriter writer, OnnxValue x, in PeriodicParameters parameters, int columns, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "PeriodicEmbedding", x);
        OnnxValue entered = layer.Enter(x);
        int count = parameters.Count;
        OnnxValue numbers = count == columns ? entered : layer.Columns(entered, ".numbers", 0, count);
        OnnxValue cell = Reshape(layer, numbers, ".cell", -1, count, 1);
        OnnxValue cells = layer.Append(".cells", 2, cell, Sums(layer, cell, parameters));
        OnnxValue embedded = Reshape(layer, cells, ".embedded", -1, (long)count * PeriodicParameters.Columns);
        return layer.Leave(count == columns
            ? embedded
            : layer.Append(".output", 1, embedded, layer.Columns(entered, ".rest", count, columns)));
    }

    /// <summary>(N, n, 3) of (N, n, 1).</summary>
    private static OnnxValue Sums(OnnxLayerWriter layer, OnnxValue x, in PeriodicParameters parameters)
    {
        int count = parameters.Count;
        float[] radians = Array.ConvertAll(parameters.Frequencies.Values, turns => turns * PeriodicKernel.RadiansPerTurn);
        OnnxValue frequencies = layer.Weight(radians, ".frequencies", count, PeriodicParameters.Waves);
        OnnxValue phases = layer.Weight(parameters.Phases.Values, ".phases", count, PeriodicParameters.Waves);
        OnnxValue weights = layer.Weight(Transposed(parameters), ".weight", count, PeriodicParameters.Waves, PeriodicParameters.Sums);
        OnnxValue biases = layer.Weight(parameters.Biases.Values, ".bias", count, PeriodicParameters.Sums);
        OnnxValue turned = layer.OperatorNamed("Mul", ".turned", x, frequencies).Value;
        OnnxValue angles = layer.OperatorNamed("Add", ".angles", turned, phases).Value;
        OnnxValue waves = layer.OperatorNamed("Cos", ".waves", angles).Value;
        OnnxValue rows = Reshape(layer, waves, ".rows", -1, count, 1, PeriodicParameters.Waves);
        OnnxValue weighed = layer.OperatorNamed("MatMul", ".weighed", rows, weights).Value;
        return layer.OperatorNamed("Add", ".sums", Reshape(layer, weighed, ".products", -1, count, PeriodicParameters.Sums), biases).Value;
    }

    /// <summary>V as (n, 16, 3).</summary>
    private static float[] Transposed(in PeriodicParameters parameters)
    {
        float[] weights = parameters.Weights.Values, transposed = new float[weights.Length];
        const int Waves = PeriodicParameters.Waves, Sums = PeriodicParameters.Sums;
        for (int i = 0; i < weights.Length; i++)
        {
            int feature = i / (Waves * Sums), sum = i / Waves % Sums, wave = i % Waves;
            transposed[(((feature * Waves) + wave) * Sums) + sum] = weights[i];
        }

        return transposed;
    }

    private static OnnxValue Reshape(OnnxLayerWriter layer, OnnxValue x, string suffix, params long[] shape)
        => layer.OperatorNamed("Reshape", suffix, x, layer.Integers(shape)).Value;
}
