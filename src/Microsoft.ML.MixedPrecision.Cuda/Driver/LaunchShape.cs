namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>How many threads a kernel is launched with.</summary>
/// <param name="Grid">Blocks, in three dimensions.</param>
/// <param name="Block">Threads of a block, in three dimensions.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block, in bytes.</param>
internal readonly record struct LaunchShape((uint X, uint Y, uint Z) Grid, (uint X, uint Y, uint Z) Block, uint SharedBytes = 0)
{
    /// <summary>In one dimension.</summary>
    /// <param name="blocks">Blocks.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block, in bytes.</param>
    public static LaunchShape Linear(int blocks, int threads, int sharedBytes = 0)
        => new(((uint)blocks, 1, 1), ((uint)threads, 1, 1), (uint)sharedBytes);
}
