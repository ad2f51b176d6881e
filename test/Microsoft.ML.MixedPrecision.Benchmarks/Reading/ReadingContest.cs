using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Fit;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Reading;

/// <summary>Who reads the same view from the first row to the last, with features and label, into memory that is new each time.</summary>
/// <param name="view">The rows.</param>
/// <param name="rows">How many.</param>
internal sealed class ReadingContest(IDataView view, int rows) : IDisposable
{
    private readonly CpuDevice _device = new();
    private RowStore? _store;

    /// <summary>Everything that is compared, the copy loop first; each returns a number of what it read, so that nothing is left
    /// out.</summary>
    public IReadOnlyList<(string Name, Func<double> Run)> Contenders =>
    [
        ("copy_loop", Copy),
        ("walk", Walk),
        .. from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
           select ($"store_{format.ToString().ToLowerInvariant()}", (Func<double>)(() => Store(format))),
    ];

    /// <summary>Frees what the last one filled; not part of reading, as the collector does it later for the copy loop.</summary>
    public void Clear()
    {
        _store?.Dispose();
        _store = null;
        GC.Collect();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        _device.Dispose();
    }

    /// <summary>The bar: a plain loop that copies into arrays of the right size, and checks nothing.</summary>
    private double Copy()
    {
        float[] features = GC.AllocateUninitializedArray<float>(rows * Teacher.Features);
        uint[] labels = GC.AllocateUninitializedArray<uint>(rows);
        int row = 0;
        ForEachRow((in VBuffer<float> values, uint label) =>
        {
            values.CopyTo(features.AsSpan(row * Teacher.Features));
            labels[row++] = label;
        });
        return features[^1] + labels[^1];
    }

    /// <summary>What the cursor alone takes.</summary>
    private double Walk()
    {
        double last = 0;
        ForEachRow((in VBuffer<float> values, uint label) => last = label);
        return last;
    }

    /// <summary>What a trainer does.</summary>
    private double Store(NumericFormat format)
    {
        _store = new RowStore(_device, format, Teacher.Features, hasWeights: false);
        var columns = new LabelledColumns(
            view.Schema,
            new ColumnRoles(nameof(TableRow.Features), nameof(TableRow.Label), null, LabelKind.Key));
        new ExampleReader(columns, "training set", format, null, static _ => { }).Read(view, _store, static () => { });
        return _store.Rows == rows
            ? _store.Rows
            : throw new InvalidDataException($"{_store.Rows} of {rows} rows were read. The measurement is void.");
    }

    private void ForEachRow(RowAction action)
    {
        DataViewSchema.Column features = view.Schema[nameof(TableRow.Features)], label = view.Schema[nameof(TableRow.Label)];
        using DataViewRowCursor cursor = view.GetRowCursor([features, label]);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(features);
        ValueGetter<uint> getLabel = cursor.GetGetter<uint>(label);
        VBuffer<float> values = default;
        uint key = 0;
        while (cursor.MoveNext())
        {
            getLabel(ref key);
            getFeatures(ref values);
            action(values, key);
        }
    }

    private delegate void RowAction(in VBuffer<float> features, uint label);
}
