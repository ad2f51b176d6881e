using Microsoft.ML.MixedPrecision.Ops;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationRow;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationTable;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Rows of the operation table in which rows of an example are members of an ensemble.</summary>
internal static class MemberTable
{
    /// <summary>The rows.</summary>
    public static IEnumerable<OperationRow> Rows =>
    [
        .. Enum.GetValues<MemberMeanKind>().SelectMany(kind => new[]
        {
            // Rows of one value, of columns that are whole vectors and more; several values of a row each; and of several.
            MeanOfRows(kind, perExample: 3, columns: 21),
            MeanOfRows(kind, perExample: 1, columns: 1),
            MeanOfProducts(kind, count: 4, columns: 5),
            MeanOfBoth(kind),
        }),
    ];

    /// <summary>The mean of an example's members, in double precision.</summary>
    public static double[] Mean(MemberMeanKind kind, double[][] z) => [.. z[0].Select((_, j) => kind switch
    {
        MemberMeanKind.Mean => z.Average(member => member[j]),
        MemberMeanKind.LogMeanSoftmax => Math.Log(z.Average(member => Math.Exp(member[j]) / member.Sum(Math.Exp))),
        MemberMeanKind.LogitMeanSigmoid => Logit(z.Average(member => 1 / (1 + Math.Exp(-member[j])))),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    })];

    private static double Logit(double share) => Math.Log(share / (1 - share));

    private static OperationRow MeanOfRows(MemberMeanKind kind, int perExample, int columns) => new(
        $"{kind} of {perExample} rows of {columns}",
        typeof(MemberMeanOp),
        perExample,
        [(7, columns)],
        (plan, x, p) => plan.MemberMean("op", [plan.Embedding("rows", x, p[0])], kind),
        (x, p) => [.. Looked(x, p[0], columns).Chunk(perExample).Select(members => Mean(kind, members))],
        Ids: 7);

    private static OperationRow MeanOfProducts(MemberMeanKind kind, int count, int columns) => new(
        $"{kind} of {count} products",
        typeof(MemberMeanOp),
        6,
        [.. Enumerable.Range(0, count).SelectMany(_ => new[] { (columns, 6), (1, columns) })],
        (plan, x, p) => plan.MemberMean(
            "op",
            [.. Enumerable.Range(0, count).Select(i => plan.Linear($"product{i}", x, p[2 * i], p[(2 * i) + 1]))],
            kind),
        Each((x, p) => Mean(kind, [.. Enumerable.Range(0, count).Select(i => Product(x, p[2 * i], p[(2 * i) + 1]))])));

    /// <summary>Two values of two rows each: gradients find their own members.</summary>
    private static OperationRow MeanOfBoth(MemberMeanKind kind) => new(
        $"{kind} of two values of 2 rows",
        typeof(MemberMeanOp),
        2,
        [(7, 3), (7, 3)],
        (plan, x, p) => plan.MemberMean("op", [plan.Embedding("first", x, p[0]), plan.Embedding("second", x, p[1])], kind),
        (x, p) => [.. Looked(x, p[0], 3).Chunk(2).Zip(Looked(x, p[1], 3).Chunk(2), (a, b) => Mean(kind, [.. a, .. b]))],
        Ids: 7);
}
