using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>The one place where cuBLASLt's statuses become exceptions.</summary>
internal static class CublasStatus
{
    /// <summary>Does nothing on success; the message is built on failure only.</summary>
    /// <param name="status">What the call returned.</param>
    /// <param name="call">The call, written by the compiler.</param>
    /// <exception cref="CudaException">The call failed.</exception>
    public static void ThrowIfFailed(cublasStatus_t status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status == cublasStatus_t.CUBLAS_STATUS_SUCCESS)
        {
            return;
        }

        string name = Marshal.PtrToStringUTF8(NativeMethods.cublasLtGetStatusName(status)) ?? "an unknown error";
        string text = Marshal.PtrToStringUTF8(NativeMethods.cublasLtGetStatusString(status)) ?? "";
        throw new CudaException(FailedCall.Describe("cuBLASLt", call, name, (int)status, text, Remedy(status)));
    }

    /// <summary>What to do; empty where nothing general can be said.</summary>
    /// <param name="status">The error.</param>
    public static string Remedy(cublasStatus_t status) => status switch
    {
        cublasStatus_t.CUBLAS_STATUS_NOT_INITIALIZED => "Call CudaContext.MakeCurrent on this thread first; if it is, the GPU may be "
            + "out of memory.",
        cublasStatus_t.CUBLAS_STATUS_ALLOC_FAILED => "Use a smaller batch or network, or end other programs that use this GPU.",
        cublasStatus_t.CUBLAS_STATUS_INVALID_VALUE => "Sizes, pitches, addresses or the workspace do not fit each other; "
            + "CUBLASLT_LOG_LEVEL=2 in the environment says which.",
        cublasStatus_t.CUBLAS_STATUS_ARCH_MISMATCH => "Use a format that this GPU has: BFloat16 and TensorFloat32 need compute "
            + "capability 8.0.",
        cublasStatus_t.CUBLAS_STATUS_NOT_SUPPORTED => "No algorithm does this combination of types, sizes, alignments and epilogue; "
            + "CUBLASLT_LOG_LEVEL=2 in the environment says why. During a capture none is looked up: choose it before.",
        _ => "",
    };
}
