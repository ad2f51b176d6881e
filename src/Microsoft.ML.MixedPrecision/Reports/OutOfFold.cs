using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// How well the networks of a fit with <see cref="NetworkTrainerOptions.Bags"/> do on the training rows, each of which is asked of the one
/// network that has not trained on it: an estimate of their quality on new rows. The model, their mean, is mostly a little better.
/// </summary>
/// <remarks>Each network's figures are those of the epoch that it kept, which its rows have chosen: a little too good.</remarks>
public sealed class OutOfFold
{
    internal OutOfFold(IReadOnlyList<(TrainingMetrics Kept, long Rows)> bags)
    {
        Rows = bags.Sum(bag => bag.Rows);
        Loss = Mean(bags, kept => kept.ValidationLoss)!.Value;
        Accuracy = Mean(bags, kept => kept.ValidationAccuracy);
        Auc = bags.All(bag => bag.Kept.ValidationAuc is not null) ? bags.Average(bag => bag.Kept.ValidationAuc!.Value) : null;
        Rmse = Mean(bags, kept => kept.ValidationRmse * kept.ValidationRmse) is { } square ? Math.Sqrt(square) : null;
    }

    /// <summary>Rows that were asked of a network that had not trained on them.</summary>
    public long Rows { get; }

    /// <summary>Mean loss of these rows.</summary>
    public double Loss { get; }

    /// <summary>Share of right answers; null where labels are numbers.</summary>
    public double? Accuracy { get; }

    /// <summary>Mean of the networks' areas under the curve; null unless <see cref="NetworkTrainerOptions.BestEpochMetric"/> is that.
    /// Scores of two networks are not compared.</summary>
    public double? Auc { get; }

    /// <summary>Root of the mean squared error of these rows; null unless <see cref="NetworkTrainerOptions.BestEpochMetric"/> is
    /// that.</summary>
    public double? Rmse { get; }

    /// <summary>For people: <c>out-of-fold loss 0.3123 (86.1 %) of 7043 rows</c>. The same in every culture.</summary>
    public override string ToString()
    {
        string right = Accuracy is { } share ? string.Create(CultureInfo.InvariantCulture, $" ({share * 100:F1} %)") : "";
        return string.Create(CultureInfo.InvariantCulture, $"out-of-fold loss {Loss:G4}{right} of {Rows} rows");
    }

    private static double? Mean(IReadOnlyList<(TrainingMetrics Kept, long Rows)> bags, Func<TrainingMetrics, double?> figure)
        => bags.All(bag => figure(bag.Kept) is not null)
            ? bags.Sum(bag => figure(bag.Kept)!.Value * bag.Rows) / bags.Sum(bag => bag.Rows)
            : null;
}
