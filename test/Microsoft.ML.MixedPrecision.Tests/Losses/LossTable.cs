using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

/// <summary>One row, at least, for every loss. A test fails for a loss without one.</summary>
internal static class LossTable
{
    /// <summary>The rows.</summary>
    public static IEnumerable<LossRow> Rows =>
    [
        CrossEntropy(0), CrossEntropy(0.1f),
        BinaryCrossEntropy(0), BinaryCrossEntropy(0.1f),
        new(
            "squared error",
            new SquaredErrorLoss(),
            ReferenceLosses.SquaredError,
            ReferenceLosses.SquaredErrorGradient) { Target = NearOrFar },
        Huber(0.5f), Huber(2),
    ];

    /// <summary>Names of all rows.</summary>
    public static IEnumerable<object[]> Names => Rows.Select(row => new object[] { row.Name });

    /// <summary>Names of the rows whose targets are values.</summary>
    public static IEnumerable<object[]> PointwiseNames
        => Rows.Where(row => row.Loss.TargetKind == TargetKind.Values).Select(row => new object[] { row.Name });

    /// <summary>Names of the rows with smoothing.</summary>
    public static IEnumerable<object[]> SmoothedNames
        => Rows.Where(row => row.Name.StartsWith("smoothed", StringComparison.Ordinal)).Select(row => new object[] { row.Name });

    /// <summary>Plain cross-entropy.</summary>
    public static LossRow Plain => CrossEntropy(0);

    /// <summary>The row of a name.</summary>
    public static LossRow Row(string name) => Rows.Single(row => row.Name == name);

    private static LossRow CrossEntropy(float smoothing) => new(
        smoothing == 0 ? "cross-entropy" : "smoothed cross-entropy",
        new CrossEntropyLoss(smoothing),
        (x, y) => ReferenceLosses.CrossEntropy(x, (int)y[0], smoothing),
        (x, y) => ReferenceLosses.CrossEntropyGradient(x, (int)y[0], smoothing))
    {
        Correct = (x, y) => Array.IndexOf(x, x.Max()) == (int)y[0] ? 1 : 0,
        SlopeSlack = 30, // logits reach ±10: differences of 20 carry their own rounding into eˣ
    };

    private static LossRow BinaryCrossEntropy(float smoothing) => new(
        smoothing == 0 ? "binary cross-entropy" : "smoothed binary cross-entropy",
        new BinaryCrossEntropyLoss(smoothing),
        (x, y) => ReferenceLosses.BinaryCrossEntropy(x, y, smoothing),
        (x, y) => ReferenceLosses.BinaryCrossEntropyGradient(x, y, smoothing))
    {
        Correct = ReferenceLosses.BinaryCorrect,
        Target = (random, _) => random.Next(5) == 0 ? 0.25 : random.Next(2),
        SlopeSlack = 2,
    };

    private static LossRow Huber(float delta) => new(
        FormattableString.Invariant($"Huber {delta}"),
        new HuberLoss(delta),
        (x, y) => ReferenceLosses.Huber(x, y, delta),
        (x, y) => ReferenceLosses.HuberGradient(x, y, delta))
    {
        Target = NearOrFar,
    };

    private static double NearOrFar(Random random, double x) => (random.Next(2) * x) + (4 * random.NextDouble()) - 2;
}
