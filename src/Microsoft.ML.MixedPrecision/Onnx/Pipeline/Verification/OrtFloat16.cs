using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Tensors of ONNX Runtime between FP32 and FP16, of which it has a type of its own with the bits of <see cref="Half"/>.</summary>
internal static class OrtFloat16
{
    /// <summary>A tensor of FP32 values rounded to nearest even.</summary>
    public static OrtValue Narrow(OrtValue tensor)
    {
        var values = tensor.GetTensorDataAsSpan<float>();
        var narrow = new Float16[values.Length];
        TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<Float16, Half>(narrow.AsSpan()));
        return OrtValue.CreateTensorValueFromMemory(narrow, tensor.GetTensorTypeAndShape().Shape);
    }

    /// <summary>The values of a tensor of FP32, in place, or of FP16, converted.</summary>
    public static ReadOnlySpan<float> Widen(OrtValue tensor)
    {
        if (tensor.GetTensorTypeAndShape().ElementDataType != TensorElementType.Float16)
        {
            return tensor.GetTensorDataAsSpan<float>();
        }

        var values = tensor.GetTensorDataAsSpan<Float16>();
        var wide = new float[values.Length];
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(values), wide);
        return wide;
    }
}
