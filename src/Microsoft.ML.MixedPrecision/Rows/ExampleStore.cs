using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Labelled rows in the order in which they were appended, in chunks of device memory, so that their number need not be known beforehand.
/// A chunk holds 2ᵏ rows: the features with the row pitch of a <see cref="Tensor"/>, then the targets (words of 4 bytes: a class, Int32, or
/// numbers, Float32), then the weights (Float32).
/// </summary>
/// <remarks>Appending is for one thread. Once filled, rows may be gathered by several threads at the same time.</remarks>
internal sealed unsafe partial class ExampleStore : IDisposable
{
    /// <summary>Bytes that a chunk takes at most, unless a single row takes more.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>What a chunk's size is a multiple of, so that chunks laid end to end, as on a card, all begin aligned.</summary>
    private const int ChunkAlignment = 256;

    private readonly CpuDevice _device;
    private readonly List<DeviceMemory> _chunks = [];
    private readonly StoreLimit? _limit;
    private FileMemory? _file;
    private int _chunkShift;
    private long _rowBytes;
    private bool _disposed;

    /// <summary>Creates an empty store.</summary>
    /// <param name="device">Owner of the memory.</param>
    /// <param name="format">Format in which features are stored.</param>
    /// <param name="features">Features of a row; at least 1.</param>
    /// <param name="hasWeights">Whether rows have weights.</param>
    /// <param name="targetWords">Words of 4 bytes that a row's target takes; at least 1.</param>
    /// <param name="limit">How much of main memory the rows may take; null for all of it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="features"/> or <paramref name="targetWords"/> is not
    /// positive.</exception>
    public ExampleStore(
        CpuDevice device,
        NumericFormat format,
        int features,
        bool hasWeights,
        int targetWords = 1,
        StoreLimit? limit = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(features);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(targetWords);
        TargetWords = targetWords;
        _limit = limit;
        _device = device;
        Format = format.Storage();
        Features = features;
        HasWeights = hasWeights;
        _rowBytes = (long)Tensor.PitchOf(features, Format) * Format.BytesPerElement();
        _chunkShift = BitOperations.Log2((uint)Math.Max(1, ChunkBytes / BytesOfRow));
    }

    /// <summary>Owner of the memory.</summary>
    public CpuDevice Device => _device;

    /// <summary>Rows appended so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Features of a row.</summary>
    public int Features { get; }

    /// <summary>Format in which features are stored.</summary>
    public NumericFormat Format { get; private set; }

    /// <summary>Whether rows have weights.</summary>
    public bool HasWeights { get; }

    /// <summary>Words of 4 bytes that a row's target takes.</summary>
    public int TargetWords { get; }

    /// <summary>Device memory taken, the unused end of the last chunk included.</summary>
    public long Bytes => _chunks.Sum(chunk => chunk.Bytes);

    /// <summary>Bytes of the temporary file that holds what main memory had no room for; 0 where all fits.</summary>
    public long FileBytes => _file?.Bytes ?? 0;

    /// <summary>Rows of a chunk: a power of two.</summary>
    public int ChunkRows => 1 << _chunkShift;

    /// <summary>Binary logarithm of <see cref="ChunkRows"/>.</summary>
    public int ChunkShift => _chunkShift;

    /// <summary>Bytes from one row's features to the next's.</summary>
    public long RowPitchBytes => _rowBytes;

    /// <summary>The chunks, in order.</summary>
    public IReadOnlyList<DeviceMemory> Chunks => _chunks;

    private long TargetBytes => (long)sizeof(int) * TargetWords;

    private long BytesOfRow => _rowBytes + TargetBytes + (HasWeights ? sizeof(float) : 0);

    /// <summary>Appends a row, rounding its features to <see cref="Format"/>, to nearest even.</summary>
    /// <param name="features">The features; beyond the format's largest value they become infinite, so check before.</param>
    /// <param name="label">The class, from 0.</param>
    /// <param name="weight">The weight; not kept without <see cref="HasWeights"/>.</param>
    /// <exception cref="ArgumentException">More or fewer features than <see cref="Features"/>, or targets that are no class.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory left.</exception>
    /// <exception cref="InvalidOperationException">There are as many rows as an array can number.</exception>
    public void Append(ReadOnlySpan<float> features, int label, float weight) => Append(features, new ReadOnlySpan<int>(in label), weight);

    /// <summary>Appends a row whose target is numbers; see the overload for a class.</summary>
    /// <param name="features">The features.</param>
    /// <param name="targets">The target's numbers, kept in Float32.</param>
    /// <param name="weight">The weight.</param>
    public void Append(ReadOnlySpan<float> features, ReadOnlySpan<float> targets, float weight)
        => Append(features, MemoryMarshal.Cast<float, int>(targets), weight);

    private void Append(ReadOnlySpan<float> features, ReadOnlySpan<int> targets, float weight)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (features.Length != Features)
        {
            throw new ArgumentException($"The row has {features.Length} features; this store takes {Features}.", nameof(features));
        }

        if (targets.Length != TargetWords)
        {
            throw new ArgumentException($"The row has {targets.Length} targets; this store takes {TargetWords}.", nameof(targets));
        }

        int rows = OneMore(Rows);
        if ((Rows & (ChunkRows - 1)) == 0)
        {
            AddChunk();
        }

        int row = Rows;
        fixed (float* values = features)
        {
            FormatConversion.FromFloat32(_device.Path, Format, values, FeaturesOf(row), Features);
        }

        targets.CopyTo(new Span<int>(TargetOf(row), TargetWords));
        if (HasWeights)
        {
            *WeightOf(row) = weight;
        }

        Rows = rows;
    }

    /// <summary>The number of rows after one more.</summary>
    /// <param name="rows">Rows so far.</param>
    /// <exception cref="InvalidOperationException">There are as many as an array can number.</exception>
    internal static int OneMore(int rows) => rows < Array.MaxLength
        ? rows + 1
        : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"There are more than {rows:N0} rows, and no "
            + $"more can be trained on. Take a sample of them, for example with Data.FilterByCustomPredicate."));

    /// <summary>A row's target, as words of 4 bytes, to read and to change.</summary>
    /// <param name="row">Its number.</param>
    public Span<int> Targets(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return new Span<int>(TargetOf(row), TargetWords);
    }

    /// <summary>A row's weight; 1 without <see cref="HasWeights"/>.</summary>
    /// <param name="row">Its number.</param>
    public float Weight(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return HasWeights ? *WeightOf(row) : 1f;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (DeviceMemory chunk in _chunks)
        {
            chunk.Dispose();
        }

        _file?.Dispose();
    }

    private void AddChunk()
        => _chunks.Add(AllocateChunk(((BytesOfRow << _chunkShift) + ChunkAlignment - 1) / ChunkAlignment * ChunkAlignment));

    private DeviceMemory AllocateChunk(long bytes)
    {
        if (_limit is null || _limit.TryTake(bytes))
        {
            return _device.Allocate(bytes);
        }

        _file ??= new FileMemory(_limit.Folder);
        return _file.Allocate(bytes);
    }

    private byte* ChunkOf(int row) => (byte*)_chunks[row >> _chunkShift].Address;

    private int InChunk(int row) => row & (ChunkRows - 1);

    private void* FeaturesOf(int row) => ChunkOf(row) + (InChunk(row) * _rowBytes);

    private int* TargetOf(int row) => (int*)(ChunkOf(row) + (_rowBytes << _chunkShift)) + ((long)InChunk(row) * TargetWords);

    private float* WeightOf(int row) => (float*)(ChunkOf(row) + ((_rowBytes + TargetBytes) << _chunkShift)) + InChunk(row);
}
