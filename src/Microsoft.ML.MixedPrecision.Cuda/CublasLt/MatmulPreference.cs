using static Microsoft.ML.MixedPrecision.Cuda.CublasLt.CublasStatus;
using static Microsoft.ML.MixedPrecision.Cuda.CublasLt.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is asked of algorithms.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatmulpreference-t</remarks>
internal sealed unsafe class MatmulPreference : LtDescription
{
    /// <summary>Asks.</summary>
    /// <param name="workspaceBytes">Bytes of workspace at most.</param>
    /// <param name="reductions">Allowed ways to add parts, where the inner dimension is split.</param>
    /// <exception cref="CudaUnavailableException">CUDA cannot be used here.</exception>
    public MatmulPreference(long workspaceBytes, cublasLtReductionScheme_t reductions)
    {
        ThrowIfFailed(cublasLtMatmulPreferenceCreate(out nint created));
        SetHandle(created);
        Set(cublasLtMatmulPreferenceAttributes_t.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, (ulong)workspaceBytes);
        Set(cublasLtMatmulPreferenceAttributes_t.CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, (uint)reductions);
    }

    /// <summary>Sets what the addresses of the matrices will be multiples of, in bytes; 256 where it is not set.</summary>
    /// <param name="a">Of A.</param>
    /// <param name="b">Of B.</param>
    /// <param name="c">Of C.</param>
    /// <param name="d">Of D.</param>
    public void SetAlignments(int a, int b, int c, int d)
    {
        Set(cublasLtMatmulPreferenceAttributes_t.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, (uint)a);
        Set(cublasLtMatmulPreferenceAttributes_t.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, (uint)b);
        Set(cublasLtMatmulPreferenceAttributes_t.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, (uint)c);
        Set(cublasLtMatmulPreferenceAttributes_t.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, (uint)d);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => cublasLtMatmulPreferenceDestroy(handle) == cublasStatus_t.CUBLAS_STATUS_SUCCESS;

    private void Set<T>(cublasLtMatmulPreferenceAttributes_t attribute, T value)
        where T : unmanaged
        => ThrowIfFailed(cublasLtMatmulPreferenceSetAttribute(this, attribute, &value, (nuint)sizeof(T)));
}
