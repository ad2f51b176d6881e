using static Microsoft.ML.MixedPrecision.Cuda.CublasLt.CublasStatus;
using static Microsoft.ML.MixedPrecision.Cuda.CublasLt.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>How a product is computed: D = epilogue(alpha · op(A) · op(B) + beta · C), sums, alpha and beta in Float32.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatmuldesc-t</remarks>
internal sealed unsafe class MatmulDescriptor : LtDescription
{
    /// <summary>Describes a product.</summary>
    /// <param name="computeType">How it is computed.</param>
    /// <param name="transposeA">Whether op(A) is A transposed.</param>
    /// <param name="transposeB">Whether op(B) is B transposed.</param>
    /// <exception cref="CudaUnavailableException">CUDA cannot be used here.</exception>
    public MatmulDescriptor(cublasComputeType_t computeType, bool transposeA, bool transposeB)
    {
        ThrowIfFailed(cublasLtMatmulDescCreate(out nint created, computeType, cudaDataType_t.CUDA_R_32F));
        SetHandle(created);
        Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_TRANSA, transposeA ? 1 : 0);
        Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_TRANSB, transposeB ? 1 : 0);
    }

    /// <summary>Sets what is done before storing.</summary>
    /// <param name="epilogue">What.</param>
    public void SetEpilogue(cublasLtEpilogue_t epilogue)
        => Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);

    /// <summary>Sets the bias, or where its gradient goes: one element a row of D.</summary>
    /// <param name="address">Device memory.</param>
    /// <param name="type">Its elements' type.</param>
    public void SetBias(nint address, cudaDataType_t type)
    {
        Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_BIAS_POINTER, address);
        Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type);
    }

    /// <summary>Sets where the biases of a batch lie.</summary>
    /// <param name="stride">Elements from one to the next.</param>
    public void SetBiasStride(long stride) => Set(cublasLtMatmulDescAttributes_t.CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, stride);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => cublasLtMatmulDescDestroy(handle) == cublasStatus_t.CUBLAS_STATUS_SUCCESS;

    private void Set<T>(cublasLtMatmulDescAttributes_t attribute, T value)
        where T : unmanaged
        => ThrowIfFailed(cublasLtMatmulDescSetAttribute(this, attribute, &value, (nuint)sizeof(T)));
}
