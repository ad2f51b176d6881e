using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>What is known of a value before the graph is run.</summary>
/// <param name="Type">What its elements are.</param>
/// <param name="Dimensions">Its shape at the batch size in question; null where an operator at the caller's own risk makes it.</param>
/// <param name="Known">Its elements, if they are few whole numbers that do not depend on the rows: shapes, axes, indices.</param>
internal sealed record ValueSize(OnnxElementType Type, long[]? Dimensions, long[]? Known = null)
{
    /// <summary>Most elements whose values are followed.</summary>
    public const int MaxKnown = 1024;

    /// <summary>A value of which nothing is known.</summary>
    public static ValueSize Unbounded { get; } = new(OnnxElementType.Undefined, null);

    /// <summary>The shape.</summary>
    public long[] Shape => Dimensions ?? [];

    /// <summary>Number of dimensions.</summary>
    public int Rank => Shape.Length;

    /// <summary>Number of elements; the largest number if there are more than that.</summary>
    public long Elements => Product(Shape);

    /// <summary>
    /// What it takes in memory; the largest number if that is more. A text is counted as 64 bytes, and 16-bit numbers as 6: the CPU
    /// provider
    /// computes most of their operators in FP32, on a copy.
    /// </summary>
    public long Bytes => Multiply(Elements, ElementBytes);

    private long ElementBytes => Type switch
    {
        OnnxElementType.Bool or OnnxElementType.Int8 or OnnxElementType.UInt8 => 1,
        OnnxElementType.Int16 or OnnxElementType.UInt16 => 2,
        OnnxElementType.Float16 or OnnxElementType.BFloat16 => 6,
        OnnxElementType.Float or OnnxElementType.Int32 or OnnxElementType.UInt32 => 4,
        OnnxElementType.String => 64,
        OnnxElementType.Double or OnnxElementType.Int64 or OnnxElementType.UInt64 or OnnxElementType.Undefined => 8,
        _ => throw UnknownValue.Of(Type),
    };

    /// <summary>The product of sizes that are at least 0; the largest number if it is more than that.</summary>
    public static long Product(ReadOnlySpan<long> sizes)
    {
        long product = 1;
        foreach (long size in sizes)
        {
            product = Multiply(product, size);
        }

        return product;
    }

    /// <summary>a · b of sizes that are at least 0; the largest number if it is more than that.</summary>
    public static long Multiply(long a, long b) => a != 0 && b > long.MaxValue / a ? long.MaxValue : a * b;

    /// <summary>The same elements of another type, for example after a comparison.</summary>
    public ValueSize Of(OnnxElementType type) => new(type, Dimensions);

    /// <summary>The same type in another shape.</summary>
    public ValueSize In(params long[] shape) => new(Type, shape);

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => Dimensions is null ? "a value of unknown shape" : $"({string.Join(", ", Dimensions)})";
}
