using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (gather.cu).</content>
internal static unsafe partial class GatherScalars
{
    /// <summary>Adds copying one element of 4 bytes for each index to the device's work; all addresses are the device's.</summary>
    public static void Run(CudaDevice device, void* source, int* indices, void* target, int count)
    {
        var arguments = new GatherArguments(
            new CudaMatrix((nint)source, sizeof(uint)), new CudaMatrix((nint)target, sizeof(uint)), (nint)indices, count, int.MaxValue, sizeof(uint));
        device.LaunchOver(new KernelVariant("gather.cu", "gather_scalars"), count, arguments);
    }
}
