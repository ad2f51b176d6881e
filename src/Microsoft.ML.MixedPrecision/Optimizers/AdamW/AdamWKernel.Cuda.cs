using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <content>The same on a graphics card (adamw.cu), for all parameters in one kernel: the same bits.</content>
internal static partial class AdamWKernel
{
    /// <summary>Threads of a block, as optimizer.cuh has it.</summary>
    private const int CudaThreads = 256;

    /// <summary>Adds the update of all parameters to the device's work; it writes nothing where the step does not commit.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arenas">All parameters, with two moments.</param>
    /// <param name="chunks">See <see cref="OptimizerRange.CountChunks"/>.</param>
    /// <param name="settings">β₁, β₂ and ε.</param>
    public static void Run(CudaDevice device, in OptimizerArenas arenas, int chunks, OptimizerSettings settings)
        => device.Launch(
            new KernelVariant("adamw.cu", "adamw"), (chunks, 1), CudaThreads, new Arguments(
                arenas,
                settings.Beta1,
                settings.Beta2,
                settings.Epsilon));

    private readonly record struct Arguments(OptimizerArenas Arenas, float Beta1, float Beta2, float Epsilon);
}
