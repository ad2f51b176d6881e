using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.CublasLt;

/// <summary>Products against sums in double precision. Everything is column-major: element (row, column) is [row + column ·
/// rows].</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class ProductTests : GpuTest
{
    private const int M = 64, N = 48, K = 80;
    private const long WorkspaceBytes = 4 << 20;

    public TestContext TestContext { get; set; } = null!;

    private static IEnumerable<object[]> Cases => ProductCase.All;

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Multiply_EachFormat_IsWithinItsRounding(ProductCase format)
    {
        float[] a = format.Decode(format.Encode(Random(M * K, 1)));
        float[] b = format.Decode(format.Encode(Random(K * N, 2)));
        using CudaBuffer bufferA = Upload<byte>(format.Encode(a)), bufferB = Upload<byte>(format.Encode(b));
        using var d = new CudaBuffer(Context, M * N * format.ElementBytes);
        using var descriptor = new MatmulDescriptor(format.Compute, transposeA: false, transposeB: false);
        using MatrixLayout layoutA = new(format.Type, M, K, M), layoutB = new(format.Type, K, N, K), layoutD = new(format.Type, M, N, M);

        AlgorithmDescription algorithm = Run(new(descriptor, layoutA, layoutB, layoutD, layoutD), bufferA, bufferB, d);

        TestContext.WriteLine($"{format}: {algorithm}");
        float[] actual = format.Decode(Download<byte>(d, M * N * format.ElementBytes));
        AssertProduct(format, actual, (i, k) => a[i + (k * M)], (k, j) => b[k + (j * K)]);
        Assert.AreEqual(format.TensorCore, algorithm.Numerics.HasFlag(NumericalFlags.TensorCore), algorithm.ToString());
        Assert.AreNotEqual(default, algorithm.Numerics & format.Input, algorithm.ToString());
        Assert.IsTrue(algorithm.Numerics.HasFlag(NumericalFlags.SumFloat32), algorithm.ToString());
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Multiply_BothTransposed_IsWithinItsRounding(ProductCase format)
    {
        float[] a = format.Decode(format.Encode(Random(M * K, 3)));
        float[] b = format.Decode(format.Encode(Random(K * N, 4)));
        using CudaBuffer bufferA = Upload<byte>(format.Encode(a)), bufferB = Upload<byte>(format.Encode(b));
        using var d = new CudaBuffer(Context, M * N * format.ElementBytes);
        using var descriptor = new MatmulDescriptor(format.Compute, transposeA: true, transposeB: true);
        using MatrixLayout layoutA = new(format.Type, K, M, K), layoutB = new(format.Type, N, K, N), layoutD = new(format.Type, M, N, M);

        Run(new(descriptor, layoutA, layoutB, layoutD, layoutD), bufferA, bufferB, d);

        float[] actual = format.Decode(Download<byte>(d, M * N * format.ElementBytes));
        AssertProduct(format, actual, (i, k) => a[k + (i * K)], (k, j) => b[j + (k * N)]);
    }

    [TestMethod]
    public void Multiply_StoredAlgorithm_GivesTheSameBits()
    {
        var format = (ProductCase)ProductCase.All.Last()[0];
        using CudaBuffer a = Upload<byte>(format.Encode(Random(M * K, 5))), b = Upload<byte>(format.Encode(Random(K * N, 6)));
        using CudaBuffer first = new(Context, M * N * 2), second = new(Context, M * N * 2);
        using var descriptor = new MatmulDescriptor(format.Compute, transposeA: false, transposeB: false);
        using MatrixLayout layoutA = new(format.Type, M, K, M), layoutB = new(format.Type, K, N, K), layoutD = new(format.Type, M, N, M);
        var problem = new MatmulProblem(descriptor, layoutA, layoutB, layoutD, layoutD);
        using var library = new CublasLtLibrary(Context);
        using var preference = new MatmulPreference(0, cublasLtReductionScheme_t.CUBLASLT_REDUCTION_SCHEME_NONE);
        cublasLtMatmulAlgo_t chosen = library.FindAlgorithms(problem, preference, 1)[0].algo;

        ulong[] stored = [.. chosen[..]];
        cublasLtMatmulAlgo_t restored = default;
        stored.CopyTo(restored[..]);
        Assert.AreEqual((nuint)0, library.Check(problem, restored).workspaceSize);
        library.Multiply(problem, new(a.Address, b.Address, first.Address, first.Address, 0, 0), chosen, Stream);
        library.Multiply(problem, new(a.Address, b.Address, second.Address, second.Address, 0, 0), restored, Stream);

        CollectionAssert.AreEqual(Download<byte>(first, M * N * 2), Download<byte>(second, M * N * 2));
    }

    [TestMethod]
    public void FindAlgorithms_MatricesThatDoNotFit_SayWhatToCheck()
    {
        using var descriptor = new MatmulDescriptor(cublasComputeType_t.CUBLAS_COMPUTE_32F, transposeA: false, transposeB: false);
        using MatrixLayout wide = new(cudaDataType_t.CUDA_R_32F, 8, 16, 8), square = new(cudaDataType_t.CUDA_R_32F, 8, 8, 8);
        using var library = new CublasLtLibrary(Context);
        using var preference = new MatmulPreference(0, cublasLtReductionScheme_t.CUBLASLT_REDUCTION_SCHEME_NONE);

        var error = Assert.ThrowsExactly<CudaException>(
            () => library.FindAlgorithms(new(descriptor, wide, square, square, square), preference, 1));

        StringAssert.StartsWith(error.Message, "cuBLASLt: cublasLtMatmulAlgoGetHeuristic failed with CUBLAS_STATUS_INVALID_VALUE (7)");
        StringAssert.Contains(error.Message, "CUBLASLT_LOG_LEVEL");
    }

    private AlgorithmDescription Run(in MatmulProblem problem, CudaBuffer a, CudaBuffer b, CudaBuffer d)
    {
        using var workspace = new CudaBuffer(Context, WorkspaceBytes);
        using var library = new CublasLtLibrary(Context);
        using var preference = new MatmulPreference(WorkspaceBytes, cublasLtReductionScheme_t.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE);
        preference.SetAlignments(256, 256, 256, 256);
        cublasLtMatmulHeuristicResult_t best = library.FindAlgorithms(problem, preference, 4)[0];
        Assert.IsLessThanOrEqualTo(WorkspaceBytes, (long)best.workspaceSize);
        Assert.IsGreaterThan(0f, best.wavesCount);
        library.Multiply(problem, new(a.Address, b.Address, d.Address, d.Address, workspace.Address, WorkspaceBytes), best.algo, Stream);
        Stream.Synchronize();
        return CublasLtLibrary.Describe(best.algo);
    }

    // |error| ≤ rounding of both operands, where the product rounds them, times Σ|a·b|, and of sums in Float32, and of the stored result.
    private static void AssertProduct(ProductCase format, float[] actual, Func<int, int, double> a, Func<int, int, double> b)
    {
        for (int index = 0; index < actual.Length; index++)
        {
            int i = index % M, j = index / M;
            double sum = 0, absolute = 0;
            for (int k = 0; k < K; k++)
            {
                sum += a(i, k) * b(k, j);
                absolute += Math.Abs(a(i, k) * b(k, j));
            }

            // Tensor Cores read TensorFloat32 operands truncated: a whole step each.
            double bound = ((2 * format.OperandEpsilon) + (K * Math.ScaleB(1, -23))) * absolute + (format.Epsilon / 2 * Math.Abs(sum));
            Assert.AreEqual(sum, actual[index], bound * 1.001, $"{format} ({i}, {j})");
        }
    }

    private static float[] Random(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
