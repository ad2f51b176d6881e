using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <content>As text.</content>
public sealed partial class TrainingResult
{
    /// <summary>The epoch whose weights the model holds: the best where it was restored, else the last; null without epochs.</summary>
    internal TrainingMetrics? KeptEpoch => (BestWeightsRestored ? History.FirstOrDefault(epoch => epoch.Epoch == BestEpoch) : null)
        ?? (History.Count == 0 ? null : History[^1]);

    /// <summary>
    /// For people, in one line: <c>loss 0.0123, val 0.0456 (98.7 %), 17 of 30 epochs, weights of epoch 12, 3 of 480 steps skipped</c>.
    /// The losses and the share of right classes are those of the epoch whose weights the model holds. Behind it, after semicolons, stands
    /// the same of the fit's earlier runs (<see cref="EarlierRuns"/>), and in front of all, where the model is the mean of several
    /// networks, how these did on rows that were not theirs (<see cref="OutOfFold"/>). The same in every culture.
    /// </summary>
    public override string ToString()
    {
        if (KeptEpoch is not { } kept)
        {
            return "no epochs";
        }

        string weights = BestWeightsRestored ? string.Create(CultureInfo.InvariantCulture, $", weights of epoch {kept.Epoch}") : "";
        TrainingMetrics last = History[^1];
        string epochs = last.IsPartial ? $"{last.Epoch - 1} of {last.Epochs} epochs and a part" : $"{last.Epoch} of {last.Epochs} epochs";
        string losses = $"{kept.LossText}, {epochs}{weights}";
        string before = string.Concat(EarlierRuns.Select((run, i) => $"; run {i + 1} of {EarlierRuns.Count + 1}: {run}"));
        string bags = OutOfFold is { } figures ? $"{Bags} bags, {figures}; of the last " : "";
        return string.Create(CultureInfo.InvariantCulture, $"{bags}{losses}, {Skipped} of {Attempts} steps skipped{before}");
    }
}
