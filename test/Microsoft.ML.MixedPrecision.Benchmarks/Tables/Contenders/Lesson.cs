using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;

/// <summary>What a contender learns from.</summary>
/// <param name="ml">The context, which has a seed.</param>
/// <param name="table">The table.</param>
/// <param name="rows">The rows to learn from.</param>
/// <param name="seed">Decides which rows are held out.</param>
/// <param name="keys">Columns of categories beside the features.</param>
/// <param name="prepared">Features and labels of rows.</param>
internal sealed class Lesson(MLContext ml, TableData table, int[] rows, int seed, string[] keys, Func<int[], IDataView> prepared)
{
    /// <summary>The context.</summary>
    public MLContext ML => ml;

    /// <summary>Columns of categories beside the features, as keys; none for most.</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary>What is asked.</summary>
    public Question Question => table.Question;

    /// <summary>All rows to learn from, in memory.</summary>
    public IDataView Rows() => Cached(rows);

    /// <summary>The same in two parts: a share that is held out, drawn as <see cref="Split"/> does, and the others.</summary>
    public (IDataView Train, IDataView HeldOut) HoldOut(double share)
    {
        Split split = Split.Draw(table, rows, share, seed);
        return (Cached(split.Train), Cached(split.Test));
    }

    private IDataView Cached(int[] some)
    {
        IDataView view = prepared(some);
        string[] columns = [.. new[] { "Features", "Label" }.Concat(keys).Where(name => view.Schema.GetColumnOrNull(name) is not null)];
        return ml.Data.Cache(view, columns);
    }
}
