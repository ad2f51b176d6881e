using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Rows of a <see cref="RowSchema"/> in the order in which they were appended, in chunks of device memory, so that their number need not be
/// known beforehand. A chunk holds 2ᵏ rows, column behind column: see <see cref="ChunkLayout"/>.
/// </summary>
/// <remarks>Appending is for one thread. Once filled, rows may be gathered by several threads at the same time.</remarks>
internal sealed unsafe partial class RowStore : IDisposable
{
    private readonly CpuDevice _device;
    private readonly List<DeviceMemory> _chunks = [];
    private readonly StoreLimit? _limit;
    private readonly int _target;
    private readonly int _weight;
    private readonly bool _isTable;
    private readonly EntryMemory? _entries;
    private ChunkLayout _layout;
    private int _features;
    private FileMemory? _file;
    private int _chunkShift;
    private bool _disposed;

    /// <summary>Creates an empty store.</summary>
    /// <param name="device">Owner of the memory.</param>
    /// <param name="schema">The columns of its rows.</param>
    /// <param name="limit">How much of main memory the rows may take; null for all of it.</param>
    public RowStore(CpuDevice device, RowSchema schema, StoreLimit? limit = null)
    {
        _limit = limit;
        _device = device;
        _target = schema.Find(RowSchema.Target);
        _weight = schema.Find(RowSchema.Weight);
        Take(schema);
        _sequence = schema.Columns.IndexOf(
            schema.Columns.FirstOrDefault(column => column is { Shape.IsSequence: true, Role: RowRole.Input })!);
        _lengths = _sequence < 0 ? -1 : schema.IndexOf(schema.Columns[_sequence].LengthColumn!);
        _entries = schema.Columns.Any(column => column.Kind == ElementKind.Entry) ? new EntryMemory(AllocateChunk) : null;
        _isTable = (Features > 0 || IsSparse || HasSequences) && TargetWords > 0 && !HasStepTargets
            && schema.Columns.Length == 2 + (HasWeights ? 1 : 0) + (HasSequences ? 1 : 0);
    }

    /// <summary>Creates an empty store of a table's rows: see <see cref="RowSchema.Table"/>.</summary>
    /// <param name="device">Owner of the memory.</param>
    /// <param name="format">Format in which features are stored.</param>
    /// <param name="features">Features of a row; at least 1.</param>
    /// <param name="hasWeights">Whether rows have weights.</param>
    /// <param name="targetWords">Numbers of a row's target; null where it is a class.</param>
    /// <param name="limit">How much of main memory the rows may take; null for all of it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="features"/> or <paramref name="targetWords"/> is not
    /// positive.</exception>
    public RowStore(
        CpuDevice device,
        NumericFormat format,
        int features,
        bool hasWeights,
        int? targetWords = null,
        StoreLimit? limit = null)
        : this(device, RowSchema.Table(format, features, hasWeights, targetWords), limit)
    {
    }

    /// <summary>Owner of the memory.</summary>
    public CpuDevice Device => _device;

    /// <summary>The columns.</summary>
    public RowSchema Schema { get; private set; }

    /// <summary>Where the columns lie in a chunk.</summary>
    public ChunkLayout Layout => _layout;

    /// <summary>Rows appended so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Features of a row: columns of the matrix <see cref="RowSchema.Features"/>; 0 where there is none of one row an
    /// example.</summary>
    public int Features { get; private set; }

    /// <summary>Format in which features are stored; Float32 where there are none.</summary>
    public NumericFormat Format { get; private set; }

    /// <summary>Whether rows have weights.</summary>
    public bool HasWeights => _weight >= 0;

    /// <summary>Words of 4 bytes that a row's <see cref="RowSchema.Target"/> takes; 0 where rows have none.</summary>
    public int TargetWords { get; private set; }

    /// <summary>Whether features are entries of sparse rows.</summary>
    public bool IsSparse => _features >= 0 && Schema.Columns[_features].Kind == ElementKind.Entry;

    /// <summary>Entries of the longest sparse row; 1 where rows are dense.</summary>
    public int LongestRow => _entries?.Longest ?? 1;

    /// <summary>The entries of sparse rows, of all such columns; null where rows are dense.</summary>
    public EntryMemory? Entries => _entries;

    /// <summary>Device memory taken, the unused end of the last chunk included.</summary>
    public long Bytes => ChunkBytes + (_entries?.Bytes ?? 0);

    /// <summary>That of the chunks alone, without the entries of sparse rows.</summary>
    public long ChunkBytes => _chunks.Sum(chunk => chunk.Bytes);

    /// <summary>Bytes of the temporary file that holds what main memory had no room for; 0 where all fits.</summary>
    public long FileBytes => _file?.Bytes ?? 0;

    /// <summary>Rows of a chunk: a power of two.</summary>
    public int ChunkRows => 1 << _chunkShift;

    /// <summary>The chunks, in order.</summary>
    public IReadOnlyList<DeviceMemory> Chunks => _chunks;

    /// <summary>A row's target, as words of 4 bytes, to read and to change.</summary>
    /// <param name="row">Its number.</param>
    public Span<int> Targets(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return TargetWords == 0 ? [] : new Span<int>(At(_target, row), TargetWords);
    }

    /// <summary>A row's weight, of steps that have each their own the largest; 1 without <see cref="HasWeights"/>.</summary>
    /// <param name="row">Its number.</param>
    public float Weight(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return !HasWeights ? 1f : HasStepTargets ? LargestStepWeight(row) : *(float*)At(_weight, row);
    }

    /// <summary>
    /// What a loss divides by for so many rows: the labelled positions of a target, which are its rows of the <see cref="Shape"/>, or of
    /// them those that its column of lengths says; of a target at each step those that have one.
    /// </summary>
    /// <param name="rows">Numbers of the rows.</param>
    /// <param name="target">Name of the target's column.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No row has one of the numbers.</exception>
    public long PositionsOf(ReadOnlySpan<int> rows, string target = RowSchema.Target)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SchemaColumn column = Schema.Columns[Schema.IndexOf(target)];
        if (column.LengthColumn is not { } lengths)
        {
            return (long)rows.Length * column.Shape.Rows;
        }

        int from = Schema.IndexOf(lengths);
        long positions = 0;
        foreach (int row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(rows));
            positions += column.Shape.IsSequence ? StepTargets(row) : *(int*)At(from, row);
        }

        return positions;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (DeviceMemory chunk in _chunks)
        {
            chunk.Dispose();
        }

        _entries?.Dispose();
        _file?.Dispose();
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(Schema), nameof(_layout))]
    private void Take(RowSchema schema)
    {
        Schema = schema;
        _layout = new ChunkLayout(schema);
        _chunkShift = _layout.Shift;
        _features = schema.Find(RowSchema.Features);
        SchemaColumn? features = _features >= 0 && schema.Columns[_features] is { Kind: ElementKind.Number, Shape.Rows: 1 } found
            ? found
            : null;
        Features = features?.Shape.Columns ?? 0;
        Format = features?.Format ?? NumericFormat.Float32;
        TargetWords = _target >= 0 ? schema.Columns[_target].Elements : 0;
    }

    private void AddChunk() => _chunks.Add(AllocateChunk(_layout.Bytes));

    private DeviceMemory AllocateChunk(long bytes)
    {
        if (_limit is null || _limit.TryTake(bytes))
        {
            return _device.Allocate(bytes);
        }

        _file ??= new FileMemory(_limit.Folder);
        return _file.Allocate(bytes);
    }

    /// <summary>Address of an example's elements in a column.</summary>
    private byte* At(int column, int row) => At(_layout[column], row);

    private byte* At(in ColumnPlace place, int row) => At(ChunkOf(row), place, row);

    private byte* At(byte* chunk, in ColumnPlace place, int row) => chunk + place.Start + ((row & (ChunkRows - 1)) * place.Bytes);

    private byte* ChunkOf(int row) => (byte*)_chunks[row >> _chunkShift].Address;
}
