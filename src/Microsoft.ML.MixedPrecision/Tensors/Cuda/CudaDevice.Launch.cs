using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Tensors.Cuda;

/// <content>Launching kernels.</content>
internal sealed unsafe partial class CudaDevice
{
    private const int ElementThreads = 256;

    /// <summary>Blocks of a grid for each multiprocessor: as many threads as one keeps, four times over.</summary>
    private const int BlocksPerMultiprocessor = 32;

    /// <summary>Makes a kernel ready, compiling it if need be: before a capture, in which nothing can be loaded.</summary>
    /// <param name="kernel">Which.</param>
    public void Prepare(in KernelVariant kernel) => _kernels.Get(kernel);

    /// <summary>Adds a launch. Allocates nothing once the kernel is ready.</summary>
    /// <typeparam name="T">The kernel's argument, laid out as its structure.</typeparam>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="blocks">Blocks, x and y; with none, nothing happens.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="arguments">The argument.</param>
    /// <param name="sharedBytes">Shared memory of a block, besides what the kernel declares.</param>
    /// <exception cref="MixedPrecision.Cuda.CudaException">The kernel does not compile, or the card is lost.</exception>
    public void Launch<T>(in KernelVariant kernel, (int X, int Y) blocks, int threads, in T arguments, int sharedBytes = 0)
        where T : unmanaged
    {
        if (blocks.X == 0 || blocks.Y == 0)
        {
            return;
        }

        Context.MakeCurrent();
        var shape = new LaunchShape(((uint)blocks.X, (uint)blocks.Y, 1), ((uint)threads, 1, 1), sharedBytes);
        _kernels.Get(kernel).Launch(Stream, shape, arguments);
    }

    /// <summary>Adds a launch over so many threads' worth of work; the grid is no larger than the card fills, and the kernel goes on by its
    /// size.</summary>
    /// <typeparam name="T">The kernel's argument, laid out as its structure.</typeparam>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="work">Threads that would do it at one piece each; with none, nothing happens.</param>
    /// <param name="arguments">The argument.</param>
    public void LaunchOver<T>(in KernelVariant kernel, long work, in T arguments)
        where T : unmanaged
    {
        long blocks = Math.Min((work + ElementThreads - 1) / ElementThreads, (long)Properties.Multiprocessors * BlocksPerMultiprocessor);
        Launch(kernel, ((int)blocks, 1), ElementThreads, arguments);
    }

    /// <summary>Adds a launch over the elements of a matrix, a vector of 8 a thread.</summary>
    /// <typeparam name="T">The kernel's argument, laid out as its structure.</typeparam>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="arguments">The argument.</param>
    public void LaunchOver<T>(in KernelVariant kernel, Tensor matrix, in T arguments)
        where T : unmanaged
        => LaunchOver(kernel, matrix.Rows * (((long)matrix.Columns + 7) / 8), arguments);
}
