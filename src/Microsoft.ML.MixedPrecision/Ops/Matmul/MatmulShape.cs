using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Sizes of a product: op(A) is (M, K), op(B) (K, N), C (M, N).</summary>
internal readonly record struct MatmulShape(int M, int N, int K)
{
    /// <summary>The sizes of a product whose tensors fit together.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static MatmulShape Of(in MatmulArguments a)
    {
        var (m, depth) = Oriented(a.A, a.TransposeA);
        var (k, n) = a.PackedB is { } packed ? (packed.Depth, packed.Columns) : Oriented(a.B, a.TransposeB);
        if (depth != k)
        {
            throw new ArgumentException($"op(A) is ({m}, {depth}) and op(B) ({k}, {n}): the inner sizes must be equal.");
        }

        var format = a.PackedB?.Format ?? a.B.Format;
        if (a.A.Format != format)
        {
            throw new ArgumentException($"A is {a.A.Format} and B {format}: both operands must have the same format.");
        }

        if (a.Accumulate && a.C.Format.Storage() != NumericFormat.Float32)
        {
            throw new ArgumentException($"C is {a.C.Format}: only a Float32 result can be accumulated.");
        }

        if (a.C.Address == 0)
        {
            throw new ArgumentException("C is missing.");
        }

        Require(a.C, m, n, "C");
        Require(a.Bias, 1, n, "Bias");
        Require(a.PreActivation, m, n, "PreActivation");
        Require(a.Saved, m, n, "Saved");
        return new MatmulShape(m, n, k);
    }

    private static (int Rows, int Columns) Oriented(in Tensor tensor, bool transposed)
        => transposed ? (tensor.Columns, tensor.Rows) : (tensor.Rows, tensor.Columns);

    private static void Require(in Tensor tensor, int rows, int columns, string name)
    {
        if (tensor.Address != 0 && (tensor.Rows != rows || tensor.Columns != columns))
        {
            throw new ArgumentException($"{name} is ({tensor.Rows}, {tensor.Columns}); ({rows}, {columns}) is needed.");
        }
    }
}
