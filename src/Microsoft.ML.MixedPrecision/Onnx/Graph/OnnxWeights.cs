namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>Puts a network's weights into a graph: as they are, or rounded to FP16 and saturated.</summary>
/// <param name="graph">The graph.</param>
/// <param name="arithmetic">What the network computes in.</param>
internal sealed class OnnxWeights(OnnxGraphBuilder graph, OnnxArithmetic arithmetic)
{
    /// <summary>The largest finite FP16 value.</summary>
    public const float Float16Max = 65504f;

    /// <summary>How many weights were larger in magnitude than <see cref="Float16Max"/> and were set to ±that; 0 in FP32.</summary>
    public long Saturated { get; private set; }

    /// <summary>Adds a weight tensor. FP16 ones are <c>Constant</c> nodes, as ML.NET refuses files with FP16 initializers.</summary>
    /// <param name="values">The weights, row-major; wrapped where they are stored in FP32, so they must not change until the file is written.</param>
    /// <param name="name">Wish for its name.</param>
    /// <param name="dimensions">Its shape.</param>
    /// <exception cref="ArgumentException">A weight is NaN or infinite.</exception>
    public OnnxValue Add(float[] values, string name, params ReadOnlySpan<long> dimensions)
    {
        if (arithmetic == OnnxArithmetic.Float32)
            return AddFloat32(values, name, dimensions);

        ThrowIfNotFinite(values, name);
        var rounded = Round(values);
        if (arithmetic == OnnxArithmetic.RoundedToFloat16)
            return graph.AddInitializer(OnnxTensors.Wrap(graph.ReserveValueName(name), OnnxElementType.Float, Array.ConvertAll(rounded, value => (float)value), dimensions));

        var tensor = OnnxTensors.Wrap("", OnnxElementType.Float16, rounded, dimensions);
        var (node, value) = graph.AddOperator("Constant", name, OnnxElementType.Float16);
        node.With("value", tensor);
        return value;
    }

    /// <summary>Adds weights as they are, for an operator that computes in FP32 in every network.</summary>
    /// <param name="values">The weights, row-major; wrapped, so they must not change until the file is written.</param>
    /// <param name="name">Wish for its name.</param>
    /// <param name="dimensions">Its shape.</param>
    /// <exception cref="ArgumentException">A weight is NaN or infinite.</exception>
    public OnnxValue AddFloat32(float[] values, string name, params ReadOnlySpan<long> dimensions)
    {
        ThrowIfNotFinite(values, name);
        return graph.AddInitializer(OnnxTensors.Wrap(graph.ReserveValueName(name), OnnxElementType.Float, values, dimensions));
    }

    private Half[] Round(float[] values)
    {
        var rounded = new Half[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (MathF.Abs(values[i]) > Float16Max)
                Saturated++;
            rounded[i] = (Half)Math.Clamp(values[i], -Float16Max, Float16Max);
        }

        return rounded;
    }

    private static void ThrowIfNotFinite(float[] values, string name)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new ArgumentException($"Element {i} of '{name}' is {values[i]}; weights must be finite. Train again with a smaller learning rate or with loss scaling.", nameof(values));
        }
    }
}
