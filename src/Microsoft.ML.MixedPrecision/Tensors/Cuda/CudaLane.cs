using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Tensors.Cuda;

/// <summary>One order of work of a card, with working memory that its operations use one after the other.</summary>
internal sealed class CudaLane : IDisposable
{
    /// <summary>Counters that kernels find at 0 and leave at 0, for blocks that ask whether they are the last.</summary>
    public const int CounterCount = 1 << 14;

    /// <summary>Bytes of <see cref="Workspace"/>: what NVIDIA advises for Hopper
    /// (https://docs.nvidia.com/cuda/cublas/index.html#cublassetworkspace).</summary>
    public const long WorkspaceBytes = 32L << 20;

    private readonly CudaContext _context;
    private readonly CudaGuard _guard;
    private readonly List<CudaBuffer> _buffers = [];
    private readonly Dictionary<(long, CudaScratchUse), nint> _guarded = [];
    private readonly Dictionary<CudaScratchUse, (nint Address, long Bytes)> _scratch = [];
    private readonly CudaBuffer _counters;
    private nint _workspace;

    /// <summary>Makes a lane.</summary>
    /// <param name="context">The card.</param>
    /// <param name="guard">Whether every size of working memory gets an allocation of exactly that size, and what is in it.</param>
    public CudaLane(CudaContext context, CudaGuard guard)
    {
        (_context, _guard) = (context, guard);
        Stream = new CudaStream(context);
        _counters = new CudaBuffer(context, CounterCount * sizeof(uint));
        context.MakeCurrent();
        Stream.Fill(_counters.Address, 0, _counters.Bytes);
        Stream.Synchronize();
    }

    /// <summary>The order of work.</summary>
    public CudaStream Stream { get; }

    /// <summary>Address of <see cref="CounterCount"/> UInt32, all 0 between kernels.</summary>
    public nint Counters => _counters.Address;

    /// <summary>Memory for the product library alone, made when first asked for, beside what <see cref="Scratch"/> gives.</summary>
    public nint Workspace => _workspace != 0 ? _workspace : _workspace = Allocate(WorkspaceBytes);

    /// <summary>Bytes of working memory.</summary>
    public long ScratchBytes => _buffers.Sum(buffer => buffer.Bytes) + _counters.Bytes;

    /// <summary>
    /// Working memory for one operation, not zeroed; the next operation of the lane may get the same. A larger request than ever before
    /// allocates, so it must have been made before a capture; what was handed out stays allocated, since graphs may hold its address.
    /// </summary>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="use">What for: one operation may need memory of each kind.</param>
    /// <exception cref="InsufficientMemoryException">The card has not that much left.</exception>
    public nint Scratch(long bytes, CudaScratchUse use)
    {
        if (_guard != CudaGuard.None)
        {
            return _guarded.TryGetValue((bytes, use), out nint own) ? own : _guarded[(bytes, use)] = Allocate(Math.Max(bytes, 1));
        }

        (nint address, long size) = _scratch.GetValueOrDefault(use);
        if (bytes <= size && address != 0)
        {
            return address;
        }

        address = Allocate(Math.Max(bytes, 1));
        _scratch[use] = (address, bytes);
        return address;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CudaBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        _counters.Dispose();
        Stream.Dispose();
    }

    private nint Allocate(long bytes)
    {
        var buffer = new CudaBuffer(_context, bytes);
        _buffers.Add(buffer);
        if (_guard == CudaGuard.NaN)
        {
            _context.MakeCurrent();
            Stream.Fill(buffer.Address, 0xFF, bytes);
            Stream.Synchronize();
        }

        return buffer.Address;
    }
}

/// <summary>What working memory is for.</summary>
internal enum CudaScratchUse
{
    /// <summary>Sums of blocks, and what else a single kernel keeps.</summary>
    Sums,

    /// <summary>A product in Float32, for the kernel behind it.</summary>
    Product,
}
