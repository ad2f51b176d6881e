namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <content>On a graphics card the check is the first part of commit.cu (finite_check.cuh).</content>
internal static unsafe partial class FiniteCheckKernel
{
    /// <summary>The most blocks, whatever the number of elements.</summary>
    public const int MostPartials = 1024;

    private const int CudaChunkElements = 4096;

    /// <summary>How many blocks check a number of elements, each with a <see cref="FinitePartial"/>: it depends on that number alone, and
    /// so do the bits.</summary>
    /// <param name="count">Number of elements.</param>
    public static int CountPartials(long count) => (int)Math.Clamp((count + CudaChunkElements - 1) / CudaChunkElements, 1, MostPartials);
}
