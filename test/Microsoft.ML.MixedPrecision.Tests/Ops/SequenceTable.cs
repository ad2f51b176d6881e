using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Rows of the operation table for operations that look at whole examples of different length. A product stands before each, so
/// that its weights show the operation's input gradient.</summary>
internal static class SequenceTable
{
    /// <summary>The longest example: two tiles of dropout and one row.</summary>
    public const int Most = 33;

    /// <summary>Rows of no example.</summary>
    private const int Rest = 2;

    /// <summary>The id behind which tokens are of another type.</summary>
    private const int Separator = 3;

    private static readonly int[] Short = [5, 18, 0, 1, Most];

    /// <summary>At most the keys of a tile, beyond those that kernels of cards hold at a time, and beyond the short backward pass's at
    /// most: 64, 128, 200. Tiles end where examples do, a step before and a step behind.</summary>
    private static readonly int[][] Long = [[64, 0, 63, 17], [65, 0, 128, 1], [65, 0, 200, 1]];

    /// <summary>The rows.</summary>
    public static IEnumerable<OperationRow> Rows =>
    [
        Attention(heads: 2, size: 5, isCausal: false, dropout: 0),
        Attention(heads: 1, size: 16, isCausal: true, dropout: 0),
        Attention(heads: 2, size: 4, isCausal: false, dropout: 0.3f),
        Positions(columns: 7),
        TokenTypes(columns: 7, times: 1),
        TokenTypes(columns: 9, times: 2),
        Pooled(Pooling.Mean),
        Pooled(Pooling.Cls),
        Pooled(Pooling.Last),
        LargestPooled(),
    ];

    /// <summary>Heads of all widths that kernels of cards have tiles for, causal or not, with dropout or without, and positions of more
    /// columns than a block has; too large for central differences.</summary>
    public static IEnumerable<OperationRow> Wide =>
    [
        .. from size in new[] { 32, 40, 64, 128, 160 }
           from isCausal in new[] { false, true }
           from dropout in new[] { 0f, 0.1f }
           select Attention(heads: 2, size, isCausal, dropout),
        Positions(columns: 150),
    ];

    /// <summary>Examples of several tiles of keys, for each kernel of cards, with heads whose rows are not aligned too; too large for
    /// central differences.</summary>
    public static IEnumerable<OperationRow> Longer =>
        from lengths in Long
        from size in new[] { 32, 36, 64, 128, 160 }
        from isCausal in new[] { false, true }
        select Attention(heads: 2, size, isCausal, dropout: isCausal ? 0 : 0.1f, lengths);

    /// <summary>How long a row's examples are.</summary>
    public static int[] Lengths(OperationRow row, int examples) => Lengths(row.Lengths!, examples);

    /// <summary>What so many examples have.</summary>
    public static BatchSize Batch(OperationRow row, int examples) => new(examples, Lengths(row, examples).Sum() + Rest);

    /// <summary>Where examples end.</summary>
    public static int[] Ends(OperationRow row, int examples)
        => [.. Enumerable.Range(1, examples).Select(count => Lengths(row, examples).Take(count).Sum())];

    private static int[] Lengths(int[] pattern, int examples)
        => [.. Enumerable.Range(0, examples).Select(example => pattern[example % pattern.Length])];

    private static OperationRow Attention(int heads, int size, bool isCausal, float dropout, int[]? lengths = null) => new(
        $"linear, attention of {heads} heads of {size}" + (isCausal ? ", causal" : "") + (dropout > 0 ? ", dropout" : "")
            + (lengths is null ? "" : $", up to {lengths.Max()} steps"),
        typeof(AttentionOp),
        6,
        [(3 * heads * size, 6), (1, 3 * heads * size)],
        (plan, x, p) => plan.Attention("op2", plan.Linear("op", x, p[0], p[1]), heads, isCausal, dropout),
        (x, p) => ByExample(
            [.. x.Select(row => OperationTable.Product(row, p[0], p[1]))],
            (rows, example) => ReferenceAttention.Of(
                rows,
                heads,
                isCausal,
                (head, i, j) => ReferenceAttention.Keep(
                    dropout, OperationHarness.Seed, OperationHarness.Position, (example, head, heads), (lengths ?? Short).Max(), i, j)),
            _ => new double[heads * size],
            lengths ?? Short))
    {
        Lengths = lengths ?? Short,
        Roundings = 6,
    };

    private static OperationRow Positions(int columns) => new(
        $"linear, positions of {columns} columns",
        typeof(PositionsOp),
        4,
        [(columns, 4), (1, columns), (Most + 1, columns)],
        (plan, x, p) => plan.Positions("op2", plan.Linear("op", x, p[0], p[1]), p[2]),
        (x, p) => ByExample(
            [.. x.Select(row => OperationTable.Product(row, p[0], p[1]))],
            (rows, _) => [.. rows.Select((row, t) => row.Select((value, c) => value + p[2][(t * columns) + c]).ToArray())],
            row => row,
            Short))
    {
        Lengths = Short,
    };

    /// <summary>Behind an embedding, whose gradient shows the operation's input gradient. One of five ids separates, so that an example has
    /// none, one or several; added more than once, the operations add to one gradient.</summary>
    private static OperationRow TokenTypes(int columns, int times) => new(
        $"embedding, token types of {columns} columns" + (times > 1 ? $", {times} times the same" : ""),
        typeof(TokenTypesOp),
        1,
        [(5, columns), (2, columns)],
        (plan, x, p) => Enumerable.Range(0, times).Aggregate(
            plan.Embedding("op", x, p[0]), (y, i) => plan.TokenTypes($"types{i}", y, x, p[1], Separator)),
        (x, p) => ByExample(x, (rows, _) => Typed(rows, p, columns, times), row => RowOf(p[0], row[0], columns), Short),
        Ids: 5)
    {
        Lengths = Short,
        Roundings = 1 + times,
    };

    private static double[][] Typed(double[][] ids, double[][] p, int columns, int times) => [.. ids.Select((row, t) =>
    {
        double[] type = RowOf(p[1], ids.Take(t).Any(before => before[0] == Separator) ? 1 : 0, columns);
        return RowOf(p[0], row[0], columns).Zip(type, (value, added) => value + (times * added)).ToArray();
    })];

    private static double[] RowOf(double[] table, double row, int columns)
        => table[((int)row * columns)..(((int)row + 1) * columns)];

    private static OperationRow Pooled(Pooling kind) => new(
        $"linear, pooling {kind}",
        typeof(PoolingOp),
        4,
        [(35, 4), (1, 35)],
        (plan, x, p) => plan.Pooling("op2", plan.Linear("op", x, p[0], p[1]), kind),
        (x, p) => ByExample(
            [.. x.Select(row => OperationTable.Product(row, p[0], p[1]))],
            (rows, _) => [Pool(kind, rows, 35)],
            null,
            Short))
    {
        Lengths = Short,
    };

    /// <summary>Without a product, whose rounding could make another step the largest; for its gradient see PoolingTests.</summary>
    private static OperationRow LargestPooled() => new(
        "pooling Max",
        typeof(PoolingOp),
        35,
        [],
        (plan, x, _) => plan.Pooling("op", x, Pooling.Max),
        (x, _) => ByExample(x, (rows, _) => [Pool(Pooling.Max, rows, 35)], null, Short))
    {
        Lengths = Short,
    };

    private static double[] Pool(Pooling kind, double[][] rows, int columns)
        => [.. Enumerable.Range(0, columns).Select(c => rows.Length == 0 ? 0 : kind switch
        {
            Pooling.Mean => rows.Average(row => row[c]),
            Pooling.Cls => rows[0][c],
            Pooling.Last => rows[^1][c],
            _ => rows.Max(row => row[c]),
        })];

    /// <summary>A reference of one example at a time; <paramref name="rest"/> makes rows of none, null where there are no such
    /// rows.</summary>
    private static double[][] ByExample(
        double[][] x, Func<double[][], int, double[][]> reference, Func<double[], double[]>? rest, int[] lengths)
    {
        int examples = Enumerable.Range(1, x.Length).First(count => Lengths(lengths, count).Sum() + Rest == x.Length);
        var made = new List<double[]>();
        int first = 0;
        foreach ((int example, int length) in Lengths(lengths, examples).Index())
        {
            made.AddRange(reference(x[first..(first + length)], example));
            first += length;
        }

        made.AddRange(rest is null ? [] : x[first..].Select(rest));
        return [.. made];
    }
}
