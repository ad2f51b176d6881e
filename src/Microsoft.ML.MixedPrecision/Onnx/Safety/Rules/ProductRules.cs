using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>Matrix products.</summary>
internal static class ProductRules
{
    /// <summary>(…, M, K)·(…, K, N) → (…, M, N), where vectors count as a row or a column and … is broadcast.</summary>
    public static ValueSize[] MatMul(OperatorCall call) => [new(call.TypeOf(0), MatMulShape(call))];

    /// <summary>The same, of whole numbers.</summary>
    public static ValueSize[] MatMulInteger(OperatorCall call) => [new(OnnxElementType.Int32, MatMulShape(call))];

    /// <summary>A·B + C, where A and B may be transposed → (M, N).</summary>
    public static ValueSize[] Gemm(OperatorCall call)
    {
        ValueSize a = call.Input(0), b = call.Input(1);
        if (a.Rank != 2 || b.Rank != 2)
        {
            throw call.Refuse($"it multiplies {a} by {b}, which must both be matrices");
        }

        var (rows, inner) = call.Int("transA", 0) == 0 ? (a.Shape[0], a.Shape[1]) : (a.Shape[1], a.Shape[0]);
        var (innerOfB, columns) = call.Int("transB", 0) == 0 ? (b.Shape[0], b.Shape[1]) : (b.Shape[1], b.Shape[0]);
        if (inner != innerOfB)
        {
            throw call.Refuse($"the shapes {a} and {b} do not fit together");
        }

        long[] result = [rows, columns];
        if (call.Optional(2) is { } c && !Broadcasting.Shape(call, result, c.Shape).AsSpan().SequenceEqual(result))
        {
            throw call.Refuse($"its third input {c} is larger than its result ({rows}, {columns})");
        }

        return [a.In(result)];
    }

    private static long[] MatMulShape(OperatorCall call)
    {
        ValueSize a = call.Input(0), b = call.Input(1);
        if (a.Rank == 0 || b.Rank == 0)
        {
            throw call.Refuse("it multiplies a number that is no matrix");
        }

        long[] left = a.Rank == 1 ? [1, .. a.Shape] : a.Shape, right = b.Rank == 1 ? [.. b.Shape, 1] : b.Shape;
        if (left[^1] != right[^2])
        {
            throw call.Refuse($"the shapes {a} and {b} do not fit together");
        }

        long[] batch = Broadcasting.Shape(call, left.AsSpan(..^2), right.AsSpan(..^2));
        return [.. batch, .. a.Rank == 1 ? [] : new[] { left[^2] }, .. b.Rank == 1 ? [] : new[] { right[^1] }];
    }
}
