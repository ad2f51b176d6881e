using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Checks the constants of a file: dimensions against data, and what the data are.</summary>
/// <param name="limits">The limits.</param>
internal sealed class TensorCheck(OnnxModelLimits limits)
{
    /// <summary>What is known of a constant that has been checked.</summary>
    public static ValueSize SizeOf(TensorProto tensor)
    {
        var size = new ValueSize((OnnxElementType)tensor.DataType, [.. tensor.Dims]);
        return size.Elements <= ValueSize.MaxKnown ? size with { Known = Known(tensor) } : size;
    }

    /// <summary>Checks a constant.</summary>
    /// <param name="tensor">The constant.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <exception cref="OnnxModelRefusedException">It is not what its dimensions say, is not finite, or lies outside of the
    /// file.</exception>
    public void Check(TensorProto tensor, string what)
    {
        if (tensor.DataLocation != 0 || tensor.ExternalData.Count > 0)
        {
            throw Refusal.Because($"{what} lies outside of the file", "Save the model in one piece, without external data.");
        }

        if (tensor.Dims.Count > limits.MaxRank)
        {
            throw Refusal.AboveLimit($"{what} has {tensor.Dims.Count} dimensions", limits.MaxRank, nameof(OnnxModelLimits.MaxRank));
        }

        if (tensor.Dims.Any(size => size < 0))
        {
            throw Refusal.Damaged($"{what} has the dimensions ({string.Join(", ", tensor.Dims)})");
        }

        long elements = ValueSize.Product([.. tensor.Dims]);
        int width = Width((OnnxElementType)tensor.DataType);
        if (width < 0)
        {
            throw Refusal.Because(
                $"{what} is of element type {tensor.DataType}, which is not accepted",
                "Export the model with numbers of 8 to 64 bits, booleans or texts.");
        }

        CheckCount(tensor, elements, width, what);
        if (!limits.AllowNonFiniteWeights && !IsFinite(tensor))
        {
            throw Refusal.Because($"{what} holds a number that is not finite", $"Train the model again, or set "
                + $"{nameof(OnnxModelLimits)}.{nameof(OnnxModelLimits.AllowNonFiniteWeights)} if that is meant.");
        }
    }

    /// <summary>Whether a constant holds no infinite or missing number; those of other kinds do not.</summary>
    public static bool IsFinite(TensorProto tensor) => (OnnxElementType)tensor.DataType switch
    {
        OnnxElementType.Float => tensor.FloatData.All(float.IsFinite) && AllFinite<float>(tensor),
        OnnxElementType.Double => tensor.DoubleData.All(double.IsFinite) && AllFinite<double>(tensor),
        OnnxElementType.Float16 => tensor.Int32Data.All(bits => Half.IsFinite(BitConverter.UInt16BitsToHalf((ushort)bits)))
            && AllFinite<Half>(tensor),
        OnnxElementType.BFloat16 => tensor.Int32Data.All(bits => float.IsFinite(BitConverter.UInt32BitsToSingle((uint)bits << 16)))
            && BFloat16Finite(tensor),
        _ => true,
    };

    private static void CheckCount(TensorProto tensor, long elements, int width, string what)
    {
        bool raw = tensor.HasRawData && width > 0;
        long found = raw ? tensor.RawData.Length / width : Listed(tensor);
        int all = tensor.FloatData.Count + tensor.Int32Data.Count + tensor.StringData.Count
            + tensor.Int64Data.Count + tensor.DoubleData.Count + tensor.Uint64Data.Count;
        if (found != elements || (raw ? tensor.RawData.Length % width : tensor.RawData.Length) != 0 || all != (raw ? 0 : elements))
        {
            throw Refusal.Damaged($"{what} of dimensions ({string.Join(", ", tensor.Dims)}) has data for {found} elements of "
                + $"{elements}, or data of another kind");
        }
    }

    /// <summary>Elements in the list that belongs to the element type.</summary>
    private static int Listed(TensorProto tensor) => (OnnxElementType)tensor.DataType switch
    {
        OnnxElementType.Float => tensor.FloatData.Count,
        OnnxElementType.Double => tensor.DoubleData.Count,
        OnnxElementType.Int64 => tensor.Int64Data.Count,
        OnnxElementType.UInt32 or OnnxElementType.UInt64 => tensor.Uint64Data.Count,
        OnnxElementType.String => tensor.StringData.Count,
        OnnxElementType.Bool or OnnxElementType.Int8 or OnnxElementType.UInt8 or OnnxElementType.Int16 or OnnxElementType.UInt16
            or OnnxElementType.Int32 or OnnxElementType.Float16 or OnnxElementType.BFloat16 => tensor.Int32Data.Count,
        var other => throw UnknownValue.Of(other),
    };

    /// <summary>Bytes of an element as it is stored; 0 for texts, which cannot be stored so, and −1 for what is not accepted.</summary>
    private static int Width(OnnxElementType type) => type switch
    {
        OnnxElementType.Bool or OnnxElementType.Int8 or OnnxElementType.UInt8 => 1,
        OnnxElementType.Int16 or OnnxElementType.UInt16 or OnnxElementType.Float16 or OnnxElementType.BFloat16 => 2,
        OnnxElementType.Float or OnnxElementType.Int32 or OnnxElementType.UInt32 => 4,
        OnnxElementType.Double or OnnxElementType.Int64 or OnnxElementType.UInt64 => 8,
        OnnxElementType.String => 0,
        _ => -1,
    };

    private static bool AllFinite<T>(TensorProto tensor)
        where T : unmanaged, INumberBase<T>
        => tensor.RawData.IsEmpty || TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, T>(tensor.RawData.Span));

    private static bool BFloat16Finite(TensorProto tensor)
    {
        foreach (ushort bits in MemoryMarshal.Cast<byte, ushort>(tensor.RawData.Span))
        {
            if (!float.IsFinite(BitConverter.UInt32BitsToSingle((uint)bits << 16)))
            {
                return false;
            }
        }

        return true;
    }

    private static long[]? Known(TensorProto tensor) => (OnnxElementType)tensor.DataType switch
    {
        OnnxElementType.Int64 => tensor.HasRawData ? MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray() : [.. tensor.Int64Data],
        OnnxElementType.Int32 => tensor.HasRawData
            ? [.. MemoryMarshal.Cast<byte, int>(tensor.RawData.Span).ToArray()]
            : [.. tensor.Int32Data],
        _ => null,
    };
}
