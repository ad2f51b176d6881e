using System.Globalization;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>Puts a network's weights into a graph: as they are, or rounded to nearest even in 16 bits and saturated.</summary>
/// <param name="graph">The graph.</param>
internal sealed class OnnxWeights(OnnxGraphBuilder graph)
{
    /// <summary>The largest finite FP16 value.</summary>
    public const float Float16Max = 65504f;

    /// <summary>How many weights were larger in magnitude than their format's largest value and were set to ±that; 0 in FP32.</summary>
    public long Saturated { get; private set; }

    /// <summary>Adds a weight tensor. 16-bit ones are <c>Constant</c> nodes, as ML.NET refuses files with initializers of such
    /// types.</summary>
    /// <param name="values">The weights, row-major; wrapped where they are stored in FP32, so they must not change until the file is
    /// written.</param>
    /// <param name="name">Wish for its name.</param>
    /// <param name="format">What the layer computes in.</param>
    /// <param name="dimensions">Its shape.</param>
    /// <returns>The weights in <see cref="OnnxLayerFormat.Compute"/>.</returns>
    /// <exception cref="ArgumentException">A weight is NaN or infinite.</exception>
    public OnnxValue Add(float[] values, string name, OnnxLayerFormat format, params ReadOnlySpan<long> dimensions)
    {
        ThrowIfNotFinite(values, name);
        return (format.Weights, format.Compute) switch
        {
            (OnnxElementType.Float16, OnnxElementType.Float16) => AddConstant(
                OnnxTensors.Wrap("", OnnxElementType.Float16, ToFloat16(values), dimensions),
                name),
            (OnnxElementType.Float16, _) => AddInitializer(Array.ConvertAll(ToFloat16(values), value => (float)value), name, dimensions),
            (OnnxElementType.BFloat16, _) => Widen(
                AddConstant(OnnxTensors.Wrap("", OnnxElementType.BFloat16, ToBFloat16(values), dimensions), name)),
            (OnnxElementType.Float, _) => AddInitializer(values, name, dimensions),
            _ => throw UnknownValue.Of(format.Weights),
        };
    }

    private OnnxValue AddInitializer(float[] values, string name, ReadOnlySpan<long> dimensions)
        => graph.AddInitializer(OnnxTensors.Wrap(graph.ReserveValueName(name), OnnxElementType.Float, values, dimensions));

    private OnnxValue AddConstant(TensorProto tensor, string name)
    {
        var (node, value) = graph.AddOperator("Constant", name, (OnnxElementType)tensor.DataType);
        node.With("value", tensor);
        return value;
    }

    private OnnxValue Widen(OnnxValue weights)
    {
        var (node, value) = graph.AddOperator("Cast", $"{weights.Name}.{OnnxElementType.Float}", OnnxElementType.Float, weights);
        node.With("to", (long)OnnxElementType.Float);
        return value;
    }

    private Half[] ToFloat16(float[] values) => Array.ConvertAll(values, value => (Half)Saturate(value, Float16Max));

    private ushort[] ToBFloat16(float[] values)
        => Array.ConvertAll(
            values,
            value => FormatConversion.ToBits(NumericFormat.BFloat16, Saturate(value, NumericFormat.BFloat16.MaxFinite())));

    private float Saturate(float value, float most)
    {
        if (MathF.Abs(value) > most)
        {
            Saturated++;
        }

        return Math.Clamp(value, -most, most);
    }

    private static void ThrowIfNotFinite(float[] values, string name)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Element {i} of '{name}' is {values[i]}; "
                    + $"weights must be finite. Train again with a smaller learning rate or with loss scaling."), nameof(values));
            }
        }
    }
}
