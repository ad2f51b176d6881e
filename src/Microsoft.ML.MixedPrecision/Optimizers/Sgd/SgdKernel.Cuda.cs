using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <content>The same on a graphics card (sgd.cu), for all parameters in one kernel: the same bits.</content>
internal static partial class SgdKernel
{
    /// <summary>Threads of a block, as optimizer.cuh has it.</summary>
    private const int CudaThreads = 256;

    /// <summary>Adds the update of all parameters to the device's work; it writes nothing where the step does not commit.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arenas">All parameters, with velocities if there is momentum.</param>
    /// <param name="chunks">See <see cref="OptimizerRange.CountChunks"/>.</param>
    /// <param name="settings">Momentum, and whether it is Nesterov's.</param>
    public static void Run(CudaDevice device, in OptimizerArenas arenas, int chunks, OptimizerSettings settings)
        => device.Launch(
            new KernelVariant("sgd.cu", "sgd"), (chunks, 1), CudaThreads, new Arguments(
                arenas,
                settings.Momentum,
                settings.Nesterov ? 1 : 0));

    private readonly record struct Arguments(OptimizerArenas Arenas, float Momentum, int Nesterov);
}
