using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

/// <summary>The one place where NVRTC's statuses become exceptions. NVRTC has names of errors and no texts.</summary>
internal static class NvrtcStatus
{
    /// <summary>Does nothing on success; the message is built on failure only.</summary>
    /// <param name="status">What the call returned.</param>
    /// <param name="call">The call, written by the compiler.</param>
    /// <exception cref="CudaException">The call failed.</exception>
    public static void ThrowIfFailed(nvrtcResult status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status != nvrtcResult.NVRTC_SUCCESS)
        {
            throw new CudaException(Describe(status, call, Remedy(status)));
        }
    }

    /// <summary>The message of a failed call.</summary>
    /// <param name="status">What the call returned.</param>
    /// <param name="call">The call as it stands in the source.</param>
    /// <param name="remedy">What to do.</param>
    public static string Describe(nvrtcResult status, string call, string remedy)
    {
        string name = Marshal.PtrToStringUTF8(NativeMethods.nvrtcGetErrorString(status)) ?? "an unknown error";
        return FailedCall.Describe("NVRTC", call, name, (int)status, text: "", remedy);
    }

    /// <summary>What to do; empty where nothing general can be said.</summary>
    /// <param name="status">The error.</param>
    public static string Remedy(nvrtcResult status) => status switch
    {
        nvrtcResult.NVRTC_ERROR_INVALID_OPTION => "The library may be too old for this GPU: install a newer CUDA.",
        nvrtcResult.NVRTC_ERROR_BUILTIN_OPERATION_FAILURE => "Put the file nvrtc-builtins of the same version beside NVRTC's library.",
        _ => "",
    };
}
