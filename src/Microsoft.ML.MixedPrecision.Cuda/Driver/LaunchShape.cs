namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>How many threads a kernel is launched with.</summary>
/// <param name="Grid">Blocks, in three dimensions.</param>
/// <param name="Block">Threads of a block, in three dimensions.</param>
/// <param name="SharedBytes">Bytes of shared memory of a block, besides what the kernel declares.</param>
internal readonly record struct LaunchShape((uint X, uint Y, uint Z) Grid, (uint X, uint Y, uint Z) Block, int SharedBytes = 0);
