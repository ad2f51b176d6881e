using System.Globalization;
using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>Zeroed main memory outside the garbage-collected heap, aligned to 64 bytes; freed once, by whoever disposes first or by the
/// finalizer.</summary>
internal sealed unsafe class CpuMemory : DeviceMemory
{
    /// <summary>Alignment of the first byte: one cache line, one 512-bit vector.</summary>
    public const int Alignment = 64;

    private static long _all;

    private readonly void* _block;
    private nint _address;

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="bytes">Size in bytes; 0 is allowed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="InsufficientMemoryException">The process cannot have that much.</exception>
    public CpuMemory(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        // Linux promises memory it does not have and ends the process later, so ask for the limit first.
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (limit > 0 && bytes > limit)
        {
            throw Insufficient(bytes, limit, null);
        }

        try
        {
            // Zeroed by the allocator, which knows what comes fresh from the system and is zero anyway: to clear a large block once more
            // takes
            // as long as to fill it.
            _block = NativeMemory.AllocZeroed((nuint)bytes + Alignment);
        }
        catch (OutOfMemoryException e)
        {
            throw Insufficient(bytes, limit, e);
        }
        _address = (nint)(((nuint)_block + Alignment - 1) & ~(nuint)(Alignment - 1));
        Bytes = bytes;
        Interlocked.Add(ref _all, bytes);
        if (bytes > 0)
        {
            GC.AddMemoryPressure(bytes);
        }
    }

    /// <summary>Frees the memory of an owner that was forgotten.</summary>
    ~CpuMemory() => Free();

    /// <summary>Bytes of this kind that the whole process has at the moment.</summary>
    public static long AllBytes => Interlocked.Read(ref _all);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public override nint Address
    {
        get
        {
            var address = Volatile.Read(ref _address);
            ObjectDisposedException.ThrowIf(address == 0, this);
            return address;
        }
    }

    /// <inheritdoc/>
    public override long Bytes { get; }

    /// <summary>Frees the memory; safe to call again and from several threads.</summary>
    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        var address = Interlocked.Exchange(ref _address, 0);
        if (address == 0)
        {
            return;
        }

        NativeMemory.Free(_block);
        Interlocked.Add(ref _all, -Bytes);
        if (Bytes > 0)
        {
            GC.RemoveMemoryPressure(Bytes);
        }
    }

    private static InsufficientMemoryException Insufficient(long bytes, long limit, Exception? cause)
        => new(string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes of main memory are not to be had; this process may use "
            + $"{limit:N0} in all. Use a smaller batch or network."), cause);
}
