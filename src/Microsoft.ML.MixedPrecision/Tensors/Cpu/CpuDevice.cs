using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>
/// The processor as a device: main memory, a vector width, and worker threads that kernels spread their parts over.
/// Results do not depend on the number of threads. Several threads may use one device at the same time.
/// </summary>
internal sealed unsafe class CpuDevice : Device
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);
    private readonly WorkerPool _workers;
    private readonly ScratchPool _scratch;
    private bool _disposed;

    /// <summary>A device of this process.</summary>
    /// <param name="threads">Threads to compute with, the caller's included; 0 means one for each processor of this process.</param>
    /// <param name="path">Vector width; the widest of the hardware when left out.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    public CpuDevice(int threads = 0, SimdPath? path = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        Path = path ?? SimdPaths.Best;
        _workers = new WorkerPool(Threads - 1, Idle);
        _scratch = new ScratchPool(Threads);
    }

    /// <summary>Lets the worker threads of a forgotten device end.</summary>
    /// <remarks>Runs also when the constructor threw, so the field may be null.</remarks>
    ~CpuDevice() => _workers?.Stop();

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Whether worker threads have started and not yet ended.</summary>
    public bool HasThreads => _workers.Running > 0;

    /// <summary>The vector width of the kernels.</summary>
    public SimdPath Path { get; }

    /// <summary>Bytes of the kernels' working memory, as far as kernels have run.</summary>
    public override long ScratchBytes => _scratch.Bytes;

    /// <summary>Bytes that this process may have in all, free or not: the machine's or the container's, as the garbage collector reads
    /// them, or its own limit.</summary>
    public long MemoryLimit { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes is > 0 and long limit ? limit : long.MaxValue;

    /// <inheritdoc/>
    /// <remarks>
    /// <see cref="MemoryLimit"/> less the managed heap and the main memory of all devices of this process: rows that are already stored,
    /// other trainings.
    /// Not counted is what the process has beside these, for which the collector leaves a quarter of a container's memory out of its limit,
    /// and what other
    /// processes have: an ordinary machine gives that away or moves it to disk, so that a training which worked would be refused.
    /// </remarks>
    public override long FreeBytes => MemoryLimit - GC.GetTotalMemory(forceFullCollection: false) - CpuMemory.AllBytes;

    /// <summary>Gives back what forgotten objects hold, on the heap and outside it, so that <see cref="FreeBytes"/> does not count
    /// it.</summary>
    public static void CollectForgotten()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    /// <inheritdoc/>
    public override string Description
        => $"CPU ({Threads} thread{(Threads == 1 ? "" : "s")}, {(Path == SimdPath.Portable ? "no SIMD" : $"{Path.Bits()}-bit SIMD")})";

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    public override DeviceMemory Allocate(long bytes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new CpuMemory(bytes);
    }

    /// <summary>
    /// Runs parts 0 … <paramref name="parts"/> − 1 of a job, the caller taking part, and returns when all have ended.
    /// While the workers help another caller, this one does everything itself, as it does when called from within a part.
    /// Allocates nothing.
    /// </summary>
    /// <param name="job">Copied for the run, and copied back after it.</param>
    /// <param name="parts">Number of parts; 0 does nothing.</param>
    /// <exception cref="Exception">The first exception of a part; parts not yet begun are then left out.</exception>
    public void Run<TJob>(ref TJob job, int parts)
        where TJob : struct, IParallelJob
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        // On this stack the job cannot be moved by the collector while other threads read it through its address.
        var local = job;
        if (parts <= 1 || !_workers.TryRun(Unsafe.AsPointer(ref local), &RunPart<TJob>, parts))
        {
            for (int part = 0; part < parts; part++)
            {
                local.Run(part);
            }
        }
        job = local;
    }

    /// <summary>Makes working memory of this size ready for every thread, so that <see cref="RentScratch"/> in a part allocates
    /// nothing.</summary>
    public void ReserveScratch(long bytes) => _scratch.Reserve(bytes);

    /// <summary><see cref="ScratchBytes"/> once <see cref="ReserveScratch"/> has been asked for so many, if for no more before.</summary>
    public long ScratchBytesAfter(long bytes) => Math.Max(ScratchBytes, ScratchPool.SizeOf(Threads, bytes));

    /// <summary>Lends working memory; its contents are rubbish. To be disposed by whoever rented it.</summary>
    public ScratchLease RentScratch(long bytes) => _scratch.Rent(bytes);

    /// <summary>Nothing: work is done when the call that asks for it returns.</summary>
    public override void Synchronize()
    {
    }

    /// <summary>Ends the worker threads, without waiting for them; the device stays usable, by its callers' threads alone.</summary>
    public void EndThreads() => _workers.Stop();

    /// <summary>Ends the worker threads and frees working memory; memory that was allocated stays with its owners.</summary>
    public override void Dispose()
    {
        _disposed = true;
        _workers.Dispose();
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void WriteBytes(nint address, ReadOnlySpan<byte> bytes)
        => bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));

    /// <inheritdoc/>
    protected override void ReadBytes(nint address, Span<byte> bytes) => new ReadOnlySpan<byte>((void*)address, bytes.Length).CopyTo(bytes);

    private static void RunPart<TJob>(void* job, int part)
        where TJob : struct, IParallelJob
        => Unsafe.AsRef<TJob>(job).Run(part);
}
