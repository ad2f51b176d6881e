using System.Globalization;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Tensors.Cuda;

/// <summary>
/// A graphics card: its memory, its order of work, and the kernels compiled for it. Operations add work and return;
/// <see cref="Synchronize"/> waits. For one thread at a time.
/// </summary>
internal sealed unsafe partial class CudaDevice : Device
{
    /// <summary>
    /// Set to 1, gives every buffer an allocation of its own that is not zeroed, so that memory checkers see what they otherwise cannot;
    /// set to
    /// nan, fills these with NaN. Product algorithms are then not timed.
    /// </summary>
    public const string GuardVariable = "MIXEDPRECISION_GUARD_BUFFERS";

    private readonly KernelLibrary _kernels;
    private readonly CudaLane _main;
    private readonly Dictionary<Type, IDisposable> _owned = [];
    private CudaLane? _side;
    private CudaLane _lane;
    private bool _disposed;

    /// <summary>Takes a share of a card.</summary>
    /// <param name="ordinal">Its number, from 0.</param>
    /// <param name="cache">Where machine code and chosen algorithms are kept between processes; null: in the user's cache folder.</param>
    /// <exception cref="MixedPrecision.Cuda.CudaUnavailableException">CUDA cannot be used on this machine; the message says why and what to
    /// do.</exception>
    /// <exception cref="MixedPrecision.Cuda.CudaException">There is no such card, or it is not to be had.</exception>
    public CudaDevice(int ordinal = 0, KernelCache? cache = null)
    {
        Context = new CudaContext(ordinal);
        Cache = cache ?? KernelCache.OfUser();
        Guard = Environment.GetEnvironmentVariable(GuardVariable) switch
        {
            "1" => CudaGuard.Unwritten,
            "nan" => CudaGuard.NaN,
            _ => CudaGuard.None,
        };
        try
        {
            _lane = _main = new CudaLane(Context, Guard);
            _kernels = new KernelLibrary(Context, Cache);
        }
        catch
        {
            _main?.Dispose();
            Context.Dispose();
            throw;
        }
    }

    /// <summary>The card's context.</summary>
    public CudaContext Context { get; }

    /// <summary>What is kept between processes.</summary>
    public KernelCache Cache { get; }

    /// <summary>The order of work that operations add to: the main one, or within <see cref="Begin"/> the other.</summary>
    public CudaStream Stream => _lane.Stream;

    /// <summary>Address of the current lane's counters, see <see cref="CudaLane.Counters"/>.</summary>
    public nint Counters => _lane.Counters;

    /// <summary>What the card is.</summary>
    public CudaProperties Properties => Context.Properties;

    /// <summary>Whether every buffer has an allocation of its own; see <see cref="GuardVariable"/>.</summary>
    public bool IsGuarded => Guard != CudaGuard.None;

    /// <summary>How; see <see cref="GuardVariable"/>.</summary>
    public CudaGuard Guard { get; }

    /// <inheritdoc/>
    public override string Description
        => string.Create(CultureInfo.InvariantCulture, $"{Properties.Name}, compute {Properties.Major}.{Properties.Minor}");

    /// <inheritdoc/>
    public override long FreeBytes => Context.ReadMemory().Free;

    /// <inheritdoc/>
    public override long ScratchBytes => _main.ScratchBytes + (_side?.ScratchBytes ?? 0);

    /// <inheritdoc/>
    /// <exception cref="InsufficientMemoryException">The card has not that much left; the message says how much it has.</exception>
    public override DeviceMemory Allocate(long bytes)
    {
        var memory = AllocateAsItIs(bytes);
        try
        {
            Stream.Fill(memory.Address, 0, Math.Max(bytes, 1));
            Stream.Synchronize();
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Allocates memory whose contents are whatever was there.</summary>
    /// <param name="bytes">Size in bytes; 0 is allowed.</param>
    /// <exception cref="InsufficientMemoryException">The card has not that much left; the message says how much it has.</exception>
    public CudaMemory AllocateAsItIs(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ObjectDisposedException.ThrowIf(_disposed, this);
        Context.MakeCurrent();
        var buffer = new CudaBuffer(Context, Math.Max(bytes, 1));
        if (Guard == CudaGuard.NaN)
        {
            Stream.Fill(buffer.Address, 0xFF, buffer.Bytes);
            Stream.Synchronize();
        }

        return new CudaMemory(buffer, bytes);
    }

    /// <summary>Working memory of the current lane, see <see cref="CudaLane.Scratch"/>.</summary>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="use">What for.</param>
    public nint Scratch(long bytes, CudaScratchUse use = CudaScratchUse.Sums) => _lane.Scratch(bytes, use);

    /// <summary>Takes working memory before any operation asks for it.</summary>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="use">What for.</param>
    /// <param name="branches">Whether branches need as much.</param>
    public void Reserve(long bytes, CudaScratchUse use, bool branches)
    {
        if (IsGuarded)
        {
            return;
        }

        Reserve(_main, bytes, use);
        if (branches)
        {
            Reserve(_side ??= new CudaLane(Context, Guard), bytes, use);
        }
    }

    /// <summary>Memory of the current lane for the product library, see <see cref="CudaLane.Workspace"/>.</summary>
    public nint Workspace => _lane.Workspace;

    /// <summary>What a kind of operation keeps on this card, made when first asked for and freed with the device.</summary>
    /// <typeparam name="T">The kind's own type.</typeparam>
    /// <param name="make">Makes it.</param>
    public T Own<T>(Func<CudaDevice, T> make)
        where T : class, IDisposable
    {
        if (_owned.TryGetValue(typeof(T), out IDisposable? owned))
        {
            return (T)owned;
        }

        T made = make(this);
        _owned.Add(typeof(T), made);
        return made;
    }

    /// <summary>Records the work that is added meanwhile as a graph. Kernels and memory that it uses must be ready.</summary>
    /// <param name="addWork">Adds the work, to the stream that it gets.</param>
    public CudaGraph Capture(Action<CudaStream> addWork)
    {
        Context.MakeCurrent();
        return _main.Stream.Capture(() => addWork(_main.Stream));
    }

    /// <inheritdoc/>
    /// <exception cref="MixedPrecision.Cuda.CudaException">Some of the work has failed.</exception>
    public override void Synchronize()
    {
        Context.MakeCurrent();
        Stream.Synchronize();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (IDisposable owned in _owned.Values)
        {
            owned.Dispose();
        }

        _kernels.Dispose();
        _forked?.Dispose();
        _side?.Dispose();
        _main.Dispose();
        Context.Dispose();
    }

    private static void Reserve(CudaLane lane, long bytes, CudaScratchUse use)
    {
        // The smallest allocation is of one byte, which no draft counts.
        if (bytes > 0)
        {
            lane.Scratch(bytes, use);
        }

        _ = lane.Workspace;
    }

    /// <inheritdoc/>
    protected override void WriteBytes(nint address, ReadOnlySpan<byte> bytes)
    {
        Context.MakeCurrent();
        Stream.Write(address, bytes);
    }

    /// <inheritdoc/>
    protected override void ReadBytes(nint address, Span<byte> bytes)
    {
        Context.MakeCurrent();
        Stream.Read(address, bytes);
    }
}
