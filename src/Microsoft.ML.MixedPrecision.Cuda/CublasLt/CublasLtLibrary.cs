using Microsoft.ML.MixedPrecision.Cuda.Driver;
using static Microsoft.ML.MixedPrecision.Cuda.CublasLt.CublasStatus;
using static Microsoft.ML.MixedPrecision.Cuda.CublasLt.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>cuBLASLt in a context. May be used from several threads at once.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublaslthandle-t</remarks>
internal sealed unsafe class CublasLtLibrary : CudaHandle
{
    /// <summary>Starts the library.</summary>
    /// <param name="context">The context.</param>
    /// <exception cref="CudaException">The device is out of memory or lost.</exception>
    public CublasLtLibrary(CudaContext context)
        : base(context)
        => Own(() =>
        {
            using Lock.Scope alone = CaptureLock.Enter();
            ThrowIfFailed(cublasLtCreate(out nint created));
            return created;
        });

    /// <summary>The version of the library that was found; needs no context.</summary>
    /// <exception cref="CudaUnavailableException">CUDA cannot be used here.</exception>
    public static Version ReadVersion()
    {
        int version = (int)cublasLtGetVersion();
        return new Version(version / 10000, version % 10000 / 100, version % 100);
    }

    /// <summary>Algorithms for a product, the fastest by estimate first. Fails in a capture: choose before.</summary>
    /// <param name="problem">The product.</param>
    /// <param name="preference">What is asked of them.</param>
    /// <param name="most">How many at most.</param>
    /// <exception cref="CudaException">There is none.</exception>
    public IReadOnlyList<cublasLtMatmulHeuristicResult_t> FindAlgorithms(in MatmulProblem problem, MatmulPreference preference, int most)
    {
        var results = new cublasLtMatmulHeuristicResult_t[most];
        fixed (cublasLtMatmulHeuristicResult_t* first = results)
        {
            ThrowIfFailed(
                cublasLtMatmulAlgoGetHeuristic(
                    this,
                    problem.Descriptor,
                    problem.A,
                    problem.B,
                    problem.C,
                    problem.D,
                    preference,
                    most,
                    first,
                    out int found));
            return [.. results.Take(found).Where(result => result.state == cublasStatus_t.CUBLAS_STATUS_SUCCESS)];
        }
    }

    /// <summary>Whether an algorithm, perhaps one that was stored, runs a product, and what it needs.</summary>
    /// <param name="problem">The product.</param>
    /// <param name="algorithm">The algorithm.</param>
    /// <exception cref="CudaException">It does not run it.</exception>
    public cublasLtMatmulHeuristicResult_t Check(in MatmulProblem problem, cublasLtMatmulAlgo_t algorithm)
    {
        cublasLtMatmulHeuristicResult_t result = default;
        ThrowIfFailed(cublasLtMatmulAlgoCheck(this, problem.Descriptor, problem.A, problem.B, problem.C, problem.D, &algorithm, &result));
        result.algo = algorithm;
        return result;
    }

    /// <summary>What an algorithm is.</summary>
    /// <param name="algorithm">The algorithm.</param>
    public static AlgorithmDescription Describe(cublasLtMatmulAlgo_t algorithm)
    {
        ulong numerics;
        ThrowIfFailed(
            cublasLtMatmulAlgoCapGetAttribute(
                &algorithm,
                cublasLtMatmulAlgoCapAttributes_t.CUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS,
                &numerics,
                sizeof(ulong),
                null));
        return new(
            Choice(algorithm, cublasLtMatmulAlgoConfigAttributes_t.CUBLASLT_ALGO_CONFIG_ID),
            Choice(algorithm, cublasLtMatmulAlgoConfigAttributes_t.CUBLASLT_ALGO_CONFIG_TILE_ID),
            Choice(algorithm, cublasLtMatmulAlgoConfigAttributes_t.CUBLASLT_ALGO_CONFIG_STAGES_ID),
            Choice(algorithm, cublasLtMatmulAlgoConfigAttributes_t.CUBLASLT_ALGO_CONFIG_SPLITK_NUM),
            (cublasLtReductionScheme_t)Choice(algorithm, cublasLtMatmulAlgoConfigAttributes_t.CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME),
            (NumericalFlags)numerics);
    }

    /// <summary>Adds a product to a stream, whose context is current.</summary>
    /// <param name="problem">The product.</param>
    /// <param name="operands">Its data.</param>
    /// <param name="algorithm">An algorithm for it.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="CudaException">Data, workspace or algorithm do not fit.</exception>
    public void Multiply(in MatmulProblem problem, in MatmulOperands operands, in cublasLtMatmulAlgo_t algorithm, CudaStream stream)
    {
        float alpha = operands.Alpha;
        float beta = operands.Beta;
        fixed (cublasLtMatmulAlgo_t* algo = &algorithm)
        {
            ThrowIfFailed(cublasLtMatmul(
                this,
                problem.Descriptor,
                &alpha,
                operands.A,
                problem.A,
                operands.B,
                problem.B,
                &beta,
                operands.C,
                problem.C,
                operands.D,
                problem.D,
                algo, operands.Workspace, (nuint)operands.WorkspaceBytes, stream));
        }
    }

    /// <inheritdoc/>
    protected override bool Free()
    {
        using Lock.Scope alone = CaptureLock.Enter();
        return cublasLtDestroy(handle) == cublasStatus_t.CUBLAS_STATUS_SUCCESS;
    }

    private static int Choice(cublasLtMatmulAlgo_t algorithm, cublasLtMatmulAlgoConfigAttributes_t attribute)
    {
        int value;
        ThrowIfFailed(cublasLtMatmulAlgoConfigGetAttribute(&algorithm, attribute, &value, sizeof(int), null));
        return value;
    }
}
