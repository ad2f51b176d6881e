using System.Diagnostics;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>Rows to train on, from memory or from a file that is gone afterwards.</summary>
internal sealed class Table : IDisposable
{
    /// <summary>Rows made up while they are read.</summary>
    public const string Memory = "memory";

    /// <summary>Rows of a text file, parsed by ML.NET's TextLoader.</summary>
    public const string Csv = "csv";

    private readonly TemporaryFile? _file;

    private Table(string source, int rows, IDataView data, TemporaryFile? file)
    {
        Source = source;
        Rows = rows;
        Data = data;
        _file = file;
    }

    /// <summary><see cref="Memory"/> or <see cref="Csv"/>.</summary>
    public string Source { get; }

    /// <summary>How many rows.</summary>
    public int Rows { get; }

    /// <summary>The rows.</summary>
    public IDataView Data { get; }

    /// <summary>Opens a table.</summary>
    /// <param name="ml">Context.</param>
    /// <param name="teacher">Makes the rows up.</param>
    /// <param name="source">Where trainers read them from.</param>
    /// <param name="rows">How many.</param>
    /// <param name="folder">For the file.</param>
    public static Table Open(MLContext ml, Teacher teacher, string source, int rows, string folder)
    {
        if (source == Memory)
        {
            return new Table(source, rows, ml.Data.LoadFromEnumerable(new TableRows(teacher, 0, rows)), null);
        }

        var file = new TemporaryFile(folder);
        try
        {
            CsvWriter.Write(file.Name, new TableRows(teacher, 0, rows));
            return new Table(source, rows, Loader(ml).Load(file.Name), file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads every row once and does nothing with it.</summary>
    /// <returns>The time it took.</returns>
    public TimeSpan Walk()
    {
        long started = Stopwatch.GetTimestamp();
        using DataViewRowCursor cursor = Data.GetRowCursor(Data.Schema);
        ValueGetter<VBuffer<float>> features = cursor.GetGetter<VBuffer<float>>(Data.Schema[nameof(TableRow.Features)]);
        ValueGetter<uint> label = cursor.GetGetter<uint>(Data.Schema[nameof(TableRow.Label)]);
        VBuffer<float> values = default;
        uint key = 0;
        while (cursor.MoveNext())
        {
            features(ref values);
            label(ref key);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static TextLoader Loader(MLContext ml) => ml.Data.CreateTextLoader(new TextLoader.Options
    {
        Separators = [','],
        Columns =
        [
            new TextLoader.Column(nameof(TableRow.Features), DataKind.Single, 0, Teacher.Features - 1),
            new TextLoader.Column(
                nameof(TableRow.Label),
                DataKind.UInt32,
                [new TextLoader.Range(Teacher.Features)],
                new KeyCount(Teacher.Classes)),
        ],
    });
}
