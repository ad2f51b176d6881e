using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <content>The same on a graphics card (finite_check.cu); blocks write partial results, which commit_begin adds in order.</content>
internal static unsafe partial class FiniteCheckKernel
{
    /// <summary>The most partial results, whatever the number of elements.</summary>
    public const int MostPartials = 1024;

    private const int CudaChunkElements = 4096;
    private const int CudaThreads = 256;

    /// <summary>How many partial results there are: it depends on the number of elements alone, and so do their bits.</summary>
    /// <param name="count">Number of elements.</param>
    public static int CountPartials(long count) => (int)Math.Min(MostPartials, (count + CudaChunkElements - 1) / CudaChunkElements);

    /// <summary>Adds the check of elements to the device's work.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="gradients">Float32 in device memory, aligned to 16 bytes.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="partials">Receives <see cref="CountPartials"/> <see cref="FinitePartial"/>s in device memory.</param>
    public static void Run(CudaDevice device, nint gradients, long count, nint partials)
        => device.Launch(
            new KernelVariant("finite_check.cu", "finite_check"), (CountPartials(count), 1), CudaThreads, new Arguments(gradients, partials, count));

    private readonly record struct Arguments(nint Gradients, nint Partials, long Count);
}
