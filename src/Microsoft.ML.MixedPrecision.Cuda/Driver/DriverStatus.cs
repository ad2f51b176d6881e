using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>The one place where the driver's statuses become exceptions.</summary>
internal static unsafe class DriverStatus
{
    /// <summary>Does nothing on success; the message is built on failure only.</summary>
    /// <param name="status">What the call returned.</param>
    /// <param name="call">The call, written by the compiler.</param>
    /// <exception cref="CudaException">The call failed.</exception>
    public static void ThrowIfFailed(CUresult status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status != CUresult.CUDA_SUCCESS)
        {
            throw new CudaException(FailedCall.Describe("CUDA driver", call, Name(status), (int)status, Text(status), Remedy(status)));
        }
    }

    /// <summary>What to do; empty where nothing general can be said.</summary>
    /// <param name="status">The error.</param>
    public static string Remedy(CUresult status) => status switch
    {
        CUresult.CUDA_ERROR_OUT_OF_MEMORY => "Use a smaller batch or network, or end other programs that use this GPU.",
        CUresult.CUDA_ERROR_STUB_LIBRARY => "Take the toolkit's 'stubs' folder out of LD_LIBRARY_PATH.",
        CUresult.CUDA_ERROR_NO_DEVICE or CUresult.CUDA_ERROR_INVALID_DEVICE => "See which GPUs 'nvidia-smi' shows and what "
            + "CUDA_VISIBLE_DEVICES hides, or use ComputeDevice.Cpu.",
        CUresult.CUDA_ERROR_INVALID_CONTEXT => "Call CudaContext.MakeCurrent on this thread first.",
        CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU => "Compile the kernel for this device's architecture.",
        CUresult.CUDA_ERROR_NOT_FOUND => "Check the name, and that the kernel is declared extern \"C\".",
        CUresult.CUDA_ERROR_ILLEGAL_ADDRESS or CUresult.CUDA_ERROR_LAUNCH_FAILED => "A kernel went wrong and this process can no "
            + "longer use the GPU: run it under compute-sanitizer and report what that says.",
        CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES => "Launch with fewer threads or less shared memory a block.",
        CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => "Restart the machine, or the container with the host's driver.",
        CUresult.CUDA_ERROR_NOT_READY => "Wait for the work before, or ask again later.",
        CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED => "Do this before the capture begins.",
        _ => "",
    };

    private static string Name(CUresult status)
    {
        byte* text = null;
        return NativeMethods.cuGetErrorName(status, &text) == CUresult.CUDA_SUCCESS ? Read(text) : "an unknown error";
    }

    private static string Text(CUresult status)
    {
        byte* text = null;
        return NativeMethods.cuGetErrorString(status, &text) == CUresult.CUDA_SUCCESS
            ? Read(text)
            : string.Create(CultureInfo.InvariantCulture, $"no text for {(int)status}");
    }

    private static string Read(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
