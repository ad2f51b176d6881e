using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>All rows in the card's memory, gathered there.</summary>
internal sealed unsafe class ResidentFeed : CudaFeed
{
    private readonly CudaDevice _device;
    private readonly RowStore _store;
    private readonly StagedColumns _columns;
    private readonly DeviceMemory _rows;
    private readonly DeviceMemory _chunks;
    private readonly DeviceMemory? _entries;
    private DeviceMemory _order;

    /// <summary>Copies the rows over.</summary>
    /// <param name="device">The card.</param>
    /// <param name="store">The rows.</param>
    /// <param name="columns">Where its columns go.</param>
    /// <exception cref="InsufficientMemoryException">The card has too little memory.</exception>
    public ResidentFeed(CudaDevice device, RowStore store, StagedColumns columns)
    {
        (_device, _store, _columns) = (device, store, columns);
        _rows = device.AllocateAsItIs(store.ChunkBytes);
        try
        {
            _chunks = device.Allocate(sizeof(ulong) * (long)store.Chunks.Count);
            _order = device.Allocate(sizeof(int) * (long)store.Rows);
            _entries = store.Entries is { } entries ? device.AllocateAsItIs(Math.Max(entries.Bytes, 1)) : null;
            CopyChunks();
            Prepare();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override long Bytes => _rows.Bytes + _chunks.Bytes + _order.Bytes + (_entries?.Bytes ?? 0);

    /// <inheritdoc/>
    public override bool BeginEpoch(ReadOnlySpan<int> order, int cursor)
    {
        bool isLonger = order.Length * (long)sizeof(int) > _order.Bytes;
        if (isLonger)
        {
            _order.Dispose();
            _order = _device.Allocate(order.Length * (long)sizeof(int));
        }

        _device.Write(_order.Address, order);
        return isLonger;
    }

    /// <inheritdoc/>
    /// <remarks>One kernel takes the first matrix of numbers, target and weight; each further column is a launch of its own.</remarks>
    public override void Gather(CudaDevice device, in CommitArguments commit, StepParts parts, in MicroBatch batch)
    {
        ReadOnlySpan<RowDestination> places = _columns.BeginBatch(batch.Size);
        GatherExamplesArguments first = Begin(parts, batch);
        var further = new List<RowDestination>();
        bool hasEnds = false;
        foreach (RowDestination place in places)
        {
            if (!TryTakeAlong(place, ref first))
            {
                further.Add(place);
            }
        }

        GatherExamples.Run(device, first);
        foreach (RowDestination place in further)
        {
            if (place.Words.Kind == ElementKind.Entry)
            {
                GatherEntries.Run(device, Entries(place, first));
            }
            else if (IsSequence(place))
            {
                GatherSequence.Run(device, Sequence(place, Ends(further), first), hasEnds);
                hasEnds = true;
            }
            else if (!IsEnds(place))
            {
                GatherColumn.Run(device, Column(place, first));
            }
        }
    }

    /// <inheritdoc/>
    public override void Deliver(CudaDevice device, BatchSize batch)
    {
    }

    /// <inheritdoc/>
    /// <remarks>Runs also when the constructor threw, so that fields may be null.</remarks>
    public override void Dispose()
    {
        _rows.Dispose();
        _chunks?.Dispose();
        _order?.Dispose();
        _entries?.Dispose();
    }

    /// <summary>Rows of a table need no further kernel than the step has ready.</summary>
    private void Prepare()
    {
        GatherExamplesArguments first = default;
        foreach (RowDestination place in _columns.BeginBatch(new BatchSize(1, 1)))
        {
            if (TryTakeAlong(place, ref first))
            {
                continue;
            }

            if (place.Words.Kind == ElementKind.Entry)
            {
                GatherEntries.Prepare(_device);
            }
            else if (IsSequence(place))
            {
                GatherSequence.Prepare(_device);
            }
            else
            {
                GatherColumn.Prepare(_device);
            }
        }
    }

    private void CopyChunks()
    {
        _device.Write<ulong>(_chunks.Address, Copy(_store.Chunks, _rows.Address));
        if (_store.Entries is { } entries)
        {
            Copy(entries.Chunks, _entries!.Address);
        }
    }

    /// <summary>Copies chunks end to end.</summary>
    /// <returns>Where each begins.</returns>
    private ulong[] Copy(IReadOnlyList<DeviceMemory> from, nint address)
    {
        ulong[] chunks = new ulong[from.Count];
        for (int i = 0; i < chunks.Length; i++)
        {
            _device.Write(address, new ReadOnlySpan<byte>((void*)from[i].Address, checked((int)from[i].Bytes)));
            chunks[i] = (ulong)address;
            address += (nint)from[i].Bytes;
        }

        return chunks;
    }

    private GatherExamplesArguments Begin(StepParts parts, in MicroBatch batch) => new()
    {
        Chunks = _chunks.Address,
        Order = _order.Address,
        Run = parts.Memory.Addresses.Run,
        Phase = parts.Memory.Addresses.Phase,
        StepRows = batch.First ? batch.StepRows : 0,
        StepPositions = batch.StepPositions,
        Shift = _store.Layout.Shift,
        StoreRows = _store.Rows,
        Rows = batch.Rows,
    };

    private bool TryTakeAlong(in RowDestination place, ref GatherExamplesArguments arguments)
    {
        SchemaColumn column = _store.Schema.Columns[place.Column];
        long start = _store.Layout[place.Column].Start;
        if (place.IsNumbers && arguments.RowBytes == 0)
        {
            arguments = arguments with
            {
                X = new CudaMatrix(place.Address, column.ExampleBytes),
                Pitch = column.ExampleBytes,
                RowBytes = column.ExampleBytes,
                FeaturesAt = start,
            };
            return true;
        }

        if (column is { Role: RowRole.Target, Name: RowSchema.Target, Shape.IsSequence: false })
        {
            arguments = arguments with { Targets = place.Address, TargetWords = column.Elements, TargetsAt = start };
            return true;
        }

        if (column is { Role: RowRole.Weight, Elements: 1, Shape.IsSequence: false })
        {
            arguments = arguments with { Weights = place.Address, WeightsAt = start };
            return true;
        }

        return false;
    }

    private bool IsSequence(in RowDestination place) => _store.Schema.Columns[place.Column].Shape.IsSequence;

    /// <summary>Where sequences end, which is written with them.</summary>
    private bool IsEnds(in RowDestination place)
        => _store.HasSequences && _store.Schema.Columns[place.Column].Role == RowRole.Length;

    private RowDestination Ends(List<RowDestination> places) => places.Find(place => IsEnds(place));

    private GatherSequenceArguments Sequence(in RowDestination place, in RowDestination ends, in GatherExamplesArguments first) => new()
    {
        Chunks = first.Chunks,
        Y = place.Address,
        Ends = ends.Address,
        Order = first.Order,
        Run = first.Run,
        IdsStart = _store.Layout[place.Column].Start,
        LengthsStart = _store.Layout[ends.Column].Start,
        Most = _store.Schema.Columns[place.Column].Shape.Rows,
        Shift = first.Shift,
        StoreRows = first.StoreRows,
        Rows = first.Rows,
        Steps = place.Words.Rows,
    };

    private GatherEntriesArguments Entries(in RowDestination place, in GatherExamplesArguments first) => new()
    {
        Chunks = first.Chunks,
        Entries = _entries!.Address,
        Y = place.Address,
        Order = first.Order,
        Run = first.Run,
        Start = _store.Layout[place.Column].Start,
        Most = place.Words.Columns,
        Shift = first.Shift,
        StoreRows = first.StoreRows,
        Rows = first.Rows,
    };

    private GatherColumnArguments Column(in RowDestination place, in GatherExamplesArguments first)
    {
        SchemaColumn column = _store.Schema.Columns[place.Column];
        return new GatherColumnArguments
        {
            Chunks = first.Chunks,
            Y = place.Address,
            Order = first.Order,
            Run = first.Run,
            Start = _store.Layout[place.Column].Start,
            Bytes = column.ExampleBytes,
            Unit = column.Alignment,
            Shift = first.Shift,
            StoreRows = first.StoreRows,
            Rows = first.Rows,
        };
    }
}
