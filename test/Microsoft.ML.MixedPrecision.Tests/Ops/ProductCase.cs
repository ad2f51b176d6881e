using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Random operands of a product and what it must give.</summary>
internal sealed class ProductCase : IDisposable
{
    private readonly NumericFormat _format;
    private readonly bool _transposeA;
    private readonly bool _transposeB;

    public ProductCase(NumericFormat format, (int M, int N, int K) shape, bool transposeA, bool transposeB, NumericFormat? result = null)
    {
        (_format, _transposeA, _transposeB) = (format, transposeA, transposeB);
        (M, N, K) = shape;
        A = transposeA ? TestTensor.Random(format, K, M, 1, extraPitch: 1) : TestTensor.Random(format, M, K, 1, extraPitch: 1);
        B = transposeB ? TestTensor.Random(format, N, K, 2) : TestTensor.Random(format, K, N, 2);
        C = new TestTensor(result ?? format.Storage(), M, N, extraPitch: 1);
    }

    public int M { get; }

    public int N { get; }

    public int K { get; }

    public TestTensor A { get; }

    public TestTensor B { get; }

    public TestTensor C { get; }

    public MatmulArguments Arguments => new() { A = A, TransposeA = _transposeA, B = B, TransposeB = _transposeB, C = C };

    public double ElementOfA(int row, int k) => Operand(_transposeA ? A[k, row] : A[row, k]);

    public double ElementOfB(int k, int column) => Operand(_transposeB ? B[column, k] : B[k, column]);

    /// <summary>Σₖ aᵢₖ·bₖⱼ in binary64.</summary>
    public double Sum(int row, int column) => Enumerable.Range(0, K).Sum(k => ElementOfA(row, k) * ElementOfB(k, column));

    /// <summary>2·K·ε32·Σ|a·b|: more than any order of Float32 additions can lose.</summary>
    public double Bound(int row, int column)
        => 2 * K * NumericFormat.Float32.Epsilon() * Enumerable.Range(0, K).Sum(k => Math.Abs(ElementOfA(row, k) * ElementOfB(k, column)));

    /// <summary>One chain of fused multiply-adds over k = 0, 1, ….</summary>
    public float Chain(int row, int column) => Chain(
        Enumerable.Range(0, K).Select(k => (float)ElementOfA(row, k)).ToArray(),
        Enumerable.Range(0, K).Select(k => (float)ElementOfB(k, column)).ToArray());

    /// <summary>Fails unless C holds f(chain) rounded once, bit for bit, and nothing else was written.</summary>
    public void AssertChain(string what, Func<float, int, int, float>? epilogue = null)
    {
        var rows = Enumerable.Range(0, M).Select(row => Enumerable.Range(0, K).Select(k => (float)ElementOfA(row, k)).ToArray()).ToArray();
        var columns = Enumerable.Range(0, N)
            .Select(column => Enumerable.Range(0, K).Select(k => (float)ElementOfB(k, column)).ToArray())
            .ToArray();
        for (int row = 0; row < M; row++)
        {
            for (int column = 0; column < N; column++)
            {
                float chain = Chain(rows[row], columns[column]);
                double expected = ReferenceRounding.Round(C.Value.Format, epilogue is null ? chain : epilogue(chain, row, column));
                if (!expected.Equals(C[row, column]))
                {
                    Assert.Fail($"{what}, ({M}, {K})·({K}, {N}): element ({row}, {column}) is {C[row, column]:R}, not {expected:R}.");
                }
            }
        }
        C.AssertPaddingUntouched();
    }

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        C.Dispose();
    }

    private static float Chain(float[] a, float[] b)
    {
        float sum = 0;
        for (int k = 0; k < a.Length; k++)
        {
            sum = MathF.FusedMultiplyAdd(a[k], b[k], sum);
        }

        return sum;
    }

    private double Operand(double value) => _format == NumericFormat.TensorFloat32 ? ReferenceRounding.Round(_format, value) : value;
}
