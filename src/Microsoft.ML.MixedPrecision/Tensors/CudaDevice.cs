using System.Globalization;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>
/// A graphics card: its memory, one stream in which everything happens in order, and the kernels compiled for it. Operations add work and
/// return; <see cref="Synchronize"/> waits. For one thread at a time.
/// </summary>
internal sealed class CudaDevice : Device
{
    private const int ElementThreads = 256;

    /// <summary>Blocks of a grid for each multiprocessor: as many threads as one keeps, four times over.</summary>
    private const int BlocksPerMultiprocessor = 32;

    private readonly KernelLibrary _kernels;
    private bool _disposed;

    /// <summary>Takes a share of a card.</summary>
    /// <param name="ordinal">Its number, from 0.</param>
    /// <param name="cache">Where machine code is kept between processes; null: in the user's cache folder.</param>
    /// <exception cref="Cuda.CudaUnavailableException">CUDA cannot be used on this machine; the message says why and what to do.</exception>
    /// <exception cref="Cuda.CudaException">There is no such card, or it is not to be had.</exception>
    public CudaDevice(int ordinal = 0, KernelCache? cache = null)
    {
        Context = new CudaContext(ordinal);
        try
        {
            Stream = new CudaStream(Context);
            _kernels = new KernelLibrary(Context, cache ?? KernelCache.OfUser());
        }
        catch
        {
            Stream?.Dispose();
            Context.Dispose();
            throw;
        }
    }

    /// <summary>The card's context.</summary>
    public CudaContext Context { get; }

    /// <summary>The order of the card's work.</summary>
    public CudaStream Stream { get; }

    /// <summary>What the card is.</summary>
    public CudaProperties Properties => Context.Properties;

    /// <inheritdoc/>
    public override string Description
        => string.Create(CultureInfo.InvariantCulture, $"{Properties.Name}, compute {Properties.Major}.{Properties.Minor}");

    /// <inheritdoc/>
    /// <exception cref="InsufficientMemoryException">The card has not that much left; the message says how much it has.</exception>
    public override DeviceMemory Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var buffer = new CudaBuffer(Context, Math.Max(bytes, 1));
        try
        {
            Context.MakeCurrent();
            Stream.Fill(buffer.Address, 0, buffer.Bytes);
            Stream.Synchronize();
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
        return new CudaMemory(buffer, bytes);
    }

    /// <summary>Makes a kernel ready, compiling it if need be: before a capture, in which nothing can be loaded.</summary>
    /// <param name="kernel">Which.</param>
    public void Prepare(in KernelVariant kernel) => _kernels.Get(kernel);

    /// <summary>Adds a launch. Allocates nothing once the kernel is ready.</summary>
    /// <typeparam name="T">The kernel's argument, laid out as its structure.</typeparam>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="blocks">Blocks, x and y; with none, nothing happens.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="arguments">The argument.</param>
    /// <exception cref="Cuda.CudaException">The kernel does not compile, or the card is lost.</exception>
    public void Launch<T>(in KernelVariant kernel, (int X, int Y) blocks, int threads, in T arguments)
        where T : unmanaged
    {
        if (blocks.X == 0 || blocks.Y == 0)
            return;
        Context.MakeCurrent();
        _kernels.Get(kernel).Launch(Stream, new LaunchShape(((uint)blocks.X, (uint)blocks.Y, 1), ((uint)threads, 1, 1)), arguments);
    }

    /// <summary>Adds a launch over so many threads' worth of work; the grid is no larger than the card fills, and the kernel goes on by its size.</summary>
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

    /// <summary>Waits until all work is done.</summary>
    /// <exception cref="Cuda.CudaException">Some of the work has failed.</exception>
    public void Synchronize()
    {
        Context.MakeCurrent();
        Stream.Synchronize();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _kernels.Dispose();
        Stream.Dispose();
        Context.Dispose();
    }
}
