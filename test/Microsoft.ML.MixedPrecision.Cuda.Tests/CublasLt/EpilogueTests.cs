using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.CublasLt;

/// <summary>What is done with a product before it is stored, and products in batches.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class EpilogueTests : GpuTest
{
    private const int M = 64, N = 48, K = 32;
    private const cudaDataType_t BFloat16 = cudaDataType_t.CUDA_R_16BF;
    private static readonly ProductCase Format = (ProductCase)ProductCase.All.Last()[0];

    [TestMethod]
    public void Multiply_GeluWithBias_SavesWhatItWasTakenOf()
    {
        float[] a = Values(M * K, 1), b = Values(K * N, 2), bias = Values(M, 3);
        using CudaBuffer bufferA = Upload<byte>(Format.Encode(a)), bufferB = Upload<byte>(Format.Encode(b)), bufferBias = Upload<byte>(Format.Encode(bias));
        using CudaBuffer d = new(Context, M * N * 2), saved = new(Context, M * N * 2);
        using var descriptor = new MatmulDescriptor(Format.Compute, transposeA: false, transposeB: false);
        descriptor.SetEpilogue(cublasLtEpilogue_t.CUBLASLT_EPILOGUE_GELU_AUX_BIAS);
        descriptor.SetBias(bufferBias.Address, BFloat16);
        descriptor.SetAuxiliary(saved.Address, M);
        descriptor.SetAuxiliaryType(BFloat16);

        Run(descriptor, batch: 1, new(bufferA.Address, bufferB.Address, d.Address, d.Address, 0, 0));

        float[] before = Format.Decode(Download<byte>(saved, M * N * 2)), after = Format.Decode(Download<byte>(d, M * N * 2));
        for (int index = 0; index < M * N; index++)
        {
            double z = Product(a, b, index % M, index / M) + bias[index % M];
            Assert.AreEqual(z, before[index], Bound(z), $"saved {index}");
            Assert.AreEqual(Gelu(z), after[index], Bound(z), $"result {index}");
        }
    }

    [TestMethod]
    public void Multiply_AlphaAndBeta_AreAppliedToTheProductAndToC()
    {
        float[] a = Values(M * K, 4), b = Values(K * N, 5), c = Values(M * N, 6);
        using CudaBuffer bufferA = Upload<byte>(Format.Encode(a)), bufferB = Upload<byte>(Format.Encode(b)), d = Upload<byte>(Format.Encode(c));
        using var descriptor = new MatmulDescriptor(Format.Compute, transposeA: false, transposeB: false);

        Run(descriptor, batch: 1, new(bufferA.Address, bufferB.Address, d.Address, d.Address, 0, 0) { Alpha = 0.5f, Beta = 2 });

        float[] actual = Format.Decode(Download<byte>(d, M * N * 2));
        for (int index = 0; index < M * N; index++)
        {
            double expected = (0.5 * Product(a, b, index % M, index / M)) + (2 * c[index]);
            Assert.AreEqual(expected, actual[index], Bound(expected), $"{index}");
        }
    }

    [TestMethod]
    public void Multiply_Batch_TakesEachPair()
    {
        const int batch = 3;
        float[] a = Values(batch * M * K, 7), b = Values(batch * K * N, 8);
        using CudaBuffer bufferA = Upload<byte>(Format.Encode(a)), bufferB = Upload<byte>(Format.Encode(b)), d = new(Context, batch * M * N * 2);
        using var descriptor = new MatmulDescriptor(Format.Compute, transposeA: false, transposeB: false);

        Run(descriptor, batch, new(bufferA.Address, bufferB.Address, d.Address, d.Address, 0, 0));

        float[] actual = Format.Decode(Download<byte>(d, batch * M * N * 2));
        for (int index = 0; index < batch * M * N; index++)
        {
            int p = index / (M * N), element = index % (M * N);
            double expected = Product(a.AsSpan(p * M * K), b.AsSpan(p * K * N), element % M, element / M);
            Assert.AreEqual(expected, actual[index], Bound(expected), $"{index}");
        }
    }

    private void Run(MatmulDescriptor descriptor, int batch, in MatmulOperands operands)
    {
        using MatrixLayout a = new(BFloat16, M, K, M), b = new(BFloat16, K, N, K), d = new(BFloat16, M, N, M);
        if (batch > 1)
        {
            a.SetBatch(batch, M * K);
            b.SetBatch(batch, K * N);
            d.SetBatch(batch, M * N);
        }

        using var library = new CublasLtLibrary(Context);
        using var preference = new MatmulPreference(0, cublasLtReductionScheme_t.CUBLASLT_REDUCTION_SCHEME_NONE);
        var problem = new MatmulProblem(descriptor, a, b, d, d);
        library.Multiply(problem, operands, library.FindAlgorithms(problem, preference, 1)[0].algo, Stream);
        Stream.Synchronize();
    }

    // One rounding to 8 bits, and a little for GELU's tanh and the sum.
    private static double Bound(double expected) => (Math.Abs(expected) / 256 * 1.01) + 1e-3;

    private static double Gelu(double z) => 0.5 * z * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (z + (0.044715 * z * z * z))));

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
