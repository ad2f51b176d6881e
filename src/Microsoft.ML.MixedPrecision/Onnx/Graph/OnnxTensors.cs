using Google.Protobuf;

namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>Makes the constant tensors of an ONNX file. Numbers are stored as raw little-endian bytes.</summary>
internal static class OnnxTensors
{
    /// <summary>A tensor over the bytes of an array, which is wrapped, not copied.</summary>
    /// <typeparam name="T">Type with the layout of <paramref name="type"/>.</typeparam>
    /// <param name="name">Name; empty for the value of a Constant node.</param>
    /// <param name="type">What the bytes are.</param>
    /// <param name="values">The elements in row-major order; must not change until the file is written.</param>
    /// <param name="dimensions">The shape; empty for a scalar.</param>
    public static TensorProto Wrap<T>(string name, OnnxElementType type, T[] values, params ReadOnlySpan<long> dimensions)
        where T : unmanaged
    {
        ThrowIfShapeDiffers(name, values.Length, dimensions);
        var tensor = Empty(name, type, dimensions);
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(new ArrayBytes<T>(values).Memory);
        return tensor;
    }

    /// <summary>A tensor of texts.</summary>
    /// <param name="name">Name.</param>
    /// <param name="values">The elements in row-major order.</param>
    /// <param name="dimensions">The shape; empty for a scalar.</param>
    public static TensorProto Strings(string name, IReadOnlyCollection<string> values, params ReadOnlySpan<long> dimensions)
    {
        ThrowIfShapeDiffers(name, values.Count, dimensions);
        var tensor = Empty(name, OnnxElementType.String, dimensions);
        tensor.StringData.AddRange(values.Select(ByteString.CopyFromUtf8));
        return tensor;
    }

    private static TensorProto Empty(string name, OnnxElementType type, ReadOnlySpan<long> dimensions)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type };
        foreach (long dimension in dimensions)
        {
            tensor.Dims.Add(dimension);
        }

        return tensor;
    }

    private static void ThrowIfShapeDiffers(string name, int count, ReadOnlySpan<long> dimensions)
    {
        long elements = 1;
        foreach (long dimension in dimensions)
        {
            elements = checked(elements * dimension);
        }

        if (elements != count)
        {
            throw new ArgumentException($"Tensor '{name}' has {count} values but the shape "
                + $"({string.Join(", ", dimensions.ToArray())}), which holds {elements}.", nameof(dimensions));
        }
    }
}
