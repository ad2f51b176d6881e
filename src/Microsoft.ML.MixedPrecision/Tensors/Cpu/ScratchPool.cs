namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>Working memory of kernels: one buffer for each thread that may run at once and one for their caller, never shrinking, so that
/// repeated calls allocate nothing.</summary>
internal sealed class ScratchPool : IDisposable
{
    /// <summary>Buffers beyond one a thread, kept for callers and for calls that overlap.</summary>
    private const int Spare = 8;

    private readonly int _threads;
    private readonly CpuMemory?[] _slots;
    private long _reserved;
    private volatile bool _disposed;

    /// <summary>An empty pool for so many threads.</summary>
    public ScratchPool(int threads)
    {
        _threads = threads;
        _slots = new CpuMemory?[threads + Spare];
    }

    /// <summary>Bytes of the buffers that are not lent at the moment.</summary>
    public long Bytes => _slots.Sum(buffer => buffer?.Bytes ?? 0);

    /// <summary>Bytes of a pool of so many threads that has reserved so many.</summary>
    public static long SizeOf(int threads, long bytes) => (threads + 1) * bytes;

    /// <summary>Makes buffers of at least <paramref name="bytes"/> ready for each thread and the caller, if not yet done.</summary>
    public void Reserve(long bytes)
    {
        if (bytes <= Volatile.Read(ref _reserved))
        {
            return;
        }

        lock (_slots)
        {
            for (int i = 0; i <= _threads; i++)
            {
                Interlocked.Exchange(ref _slots[i], null)?.Dispose();
                Put(new CpuMemory(bytes));
            }
            Volatile.Write(ref _reserved, Math.Max(bytes, _reserved));
        }
    }

    /// <summary>Lends a buffer of at least <paramref name="bytes"/>; its contents are rubbish.</summary>
    public ScratchLease Rent(long bytes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (int i = 0; i < _slots.Length; i++)
        {
            if (Interlocked.Exchange(ref _slots[i], null) is not { } buffer)
            {
                continue;
            }

            if (buffer.Bytes >= bytes)
            {
                return new ScratchLease(this, buffer);
            }

            buffer.Dispose();
        }
        return new ScratchLease(this, new CpuMemory(Math.Max(bytes, Volatile.Read(ref _reserved))));
    }

    /// <summary>Takes a buffer back.</summary>
    public void Put(CpuMemory buffer)
    {
        for (int i = 0; i < _slots.Length && !_disposed; i++)
        {
            if (Interlocked.CompareExchange(ref _slots[i], buffer, null) is null)
            {
                return;
            }
        }
        buffer.Dispose();
    }

    /// <summary>Frees every buffer; one that is lent is freed when it comes back.</summary>
    public void Dispose()
    {
        _disposed = true;
        for (int i = 0; i < _slots.Length; i++)
        {
            Interlocked.Exchange(ref _slots[i], null)?.Dispose();
        }
    }
}
