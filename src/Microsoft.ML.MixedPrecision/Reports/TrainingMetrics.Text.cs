using System.Globalization;
using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision;

/// <content>As text.</content>
public sealed partial class TrainingMetrics
{
    /// <summary>
    /// For people, in one line: <c>epoch 2/30: loss 0.2345, val 0.2456 (93.1 %), 123k rows/s, scale 2^24, skips 5</c>; what is not there
    /// is left out, as are a loss scale of 1 and no skipped steps; a partial epoch is <c>epoch 2/30, a part</c>. The same in every culture,
    /// and also the line of ML.NET's log.
    /// </summary>
    public override string ToString()
    {
        string part = IsPartial ? ", a part" : "";
        string scale = LossScale == 1 ? "" : $", scale {Figures.Scale(LossScale)}";
        string skips = Skipped == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", skips {Skipped}");
        return string.Create(
            CultureInfo.InvariantCulture, $"epoch {Epoch}/{Epochs}{part}: {LossText}, {Figures.Count(RowsPerSecond)} rows/s{scale}{skips}");
    }

    /// <summary>The losses and the metric: <c>loss 0.2345, val 0.2456 (93.1 %)</c>.</summary>
    internal string LossText => $"loss {Figures.Number(Loss)}"
        + (ValidationLoss is { } loss ? $", val {Figures.Number(loss)}" : "")
        + (ValidationAccuracy is { } accuracy ? $" ({Figures.Percent(accuracy)})" : "")
        + (ValidationAuc is { } area ? $", AUC {Figures.Number(area)}" : "")
        + (ValidationRmse is { } error ? $", RMSE {Figures.Number(error)}" : "");
}
