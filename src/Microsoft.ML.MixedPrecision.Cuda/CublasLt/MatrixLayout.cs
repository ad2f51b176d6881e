using static Microsoft.ML.MixedPrecision.Cuda.CublasLt.CublasStatus;
using static Microsoft.ML.MixedPrecision.Cuda.CublasLt.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>How a matrix lies in memory, column by column. A row-major matrix is its transpose, with rows and columns exchanged.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatrixlayout-t</remarks>
internal sealed unsafe class MatrixLayout : LtDescription
{
    /// <summary>Describes a matrix.</summary>
    /// <param name="type">Its elements' type.</param>
    /// <param name="rows">Rows: what lies side by side.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="pitch">Elements from one column to the next.</param>
    /// <exception cref="CudaUnavailableException">CUDA cannot be used here.</exception>
    public MatrixLayout(cudaDataType_t type, long rows, long columns, long pitch)
    {
        ThrowIfFailed(cublasLtMatrixLayoutCreate(out nint created, type, (ulong)rows, (ulong)columns, pitch));
        SetHandle(created);
    }

    /// <summary>Sets that there are several such matrices.</summary>
    /// <param name="count">How many.</param>
    /// <param name="stride">Elements from one to the next; their rows may lie between each other's.</param>
    public void SetBatch(int count, long stride)
    {
        Set(cublasLtMatrixLayoutAttribute_t.CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, count);
        Set(cublasLtMatrixLayoutAttribute_t.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => cublasLtMatrixLayoutDestroy(handle) == cublasStatus_t.CUBLAS_STATUS_SUCCESS;

    private void Set<T>(cublasLtMatrixLayoutAttribute_t attribute, T value)
        where T : unmanaged
        => ThrowIfFailed(cublasLtMatrixLayoutSetAttribute(this, attribute, &value, (nuint)sizeof(T)));
}
