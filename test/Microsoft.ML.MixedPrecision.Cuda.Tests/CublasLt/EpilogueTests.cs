using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.CublasLt;

/// <summary>What is done with a product before it is stored.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class EpilogueTests : GpuTest
{
    private const int M = 64, N = 48, K = 32;
    private const cudaDataType_t BFloat16 = cudaDataType_t.CUDA_R_16BF;
    private static readonly ProductCase Format = (ProductCase)ProductCase.All.Last()[0];

    [TestMethod]
    public void Multiply_AlphaAndBeta_AreAppliedToTheProductAndToC()
    {
        float[] a = Values(M * K, 4), b = Values(K * N, 5), c = Values(M * N, 6);
        using CudaBuffer bufferA = Upload<byte>(Format.Encode(a)),
        bufferB = Upload<byte>(Format.Encode(b)),
        d = Upload<byte>(Format.Encode(c));
        using var descriptor = new MatmulDescriptor(Format.Compute, transposeA: false, transposeB: false);

        Run(descriptor, new(bufferA.Address, bufferB.Address, d.Address, d.Address, 0, 0) { Alpha = 0.5f, Beta = 2 });

        float[] actual = Format.Decode(Download<byte>(d, M * N * 2));
        for (int index = 0; index < M * N; index++)
        {
            double expected = (0.5 * Product(a, b, index % M, index / M)) + (2 * c[index]);
            Assert.AreEqual(expected, actual[index], Bound(expected), $"{index}");
        }
    }

    private void Run(MatmulDescriptor descriptor, in MatmulOperands operands)
    {
        using MatrixLayout a = new(BFloat16, M, K, M), b = new(BFloat16, K, N, K), d = new(BFloat16, M, N, M);
        using var library = new CublasLtLibrary(Context);
        using var preference = new MatmulPreference(0, cublasLtReductionScheme_t.CUBLASLT_REDUCTION_SCHEME_NONE);
        var problem = new MatmulProblem(descriptor, a, b, d, d);
        library.Multiply(problem, operands, library.FindAlgorithms(problem, preference, 1)[0].algo, Stream);
        Stream.Synchronize();
    }

    // One rounding to 8 bits, and a little for the sum.
    private static double Bound(double expected) => (Math.Abs(expected) / 256 * 1.01) + 1e-3;

    private static double Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int i, int j)
    {
        double sum = 0;
        for (int k = 0; k < K; k++)
        {
            sum += (double)a[i + (k * M)] * b[k + (j * K)];
        }

        return sum;
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return Format.Decode(Format.Encode([.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)]));
    }
}
