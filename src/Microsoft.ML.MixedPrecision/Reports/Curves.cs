using Microsoft.ML.MixedPrecision.Reports.Charts;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>The curves of a training, over its epochs: what is drawn, and in words what is to be seen.</summary>
internal sealed class Curves
{
    /// <summary>Ratio of the largest loss to the smallest from which the axis is logarithmic.</summary>
    private const double WideRatio = 30;

    /// <summary>Lines through fewer points than this are not smoothed: they can be read as they are.</summary>
    private const int FewPoints = 24;

    private readonly TrainingResult _result;
    private readonly EpochPositions _positions;
    private readonly StepMetrics[] _steps;
    private readonly Axis _epochs;

    /// <summary>Reads a result.</summary>
    /// <param name="result">The result.</param>
    public Curves(TrainingResult result)
    {
        _result = result;
        _positions = new EpochPositions(result);
        _steps = [.. result.History.SelectMany(epoch => epoch.Attempts)];
        _epochs = new Axis("epoch", AxisKind.Linear, 0, _positions.Last);
    }

    /// <summary>Whether the run scaled its loss, so that there is a scale to draw.</summary>
    public bool IsScaled => _result.Skipped > 0 || _steps.Any(step => step.LossScale != 1);

    /// <summary>Whether there is anything to draw.</summary>
    public bool IsEmpty => _steps.Length == 0 && _result.History.Count == 0;

    /// <summary>All curves that there are.</summary>
    public IReadOnlyList<Chart> All => IsEmpty ? [] : [.. new[] { Loss(), Accuracy(), Scale(), Norm(), Rate(), Speed() }.OfType<Chart>()];

    private Chart Loss()
    {
        ChartPoint[] train = [.. _steps.Select(step => new ChartPoint(_positions.Of(step), step.Loss))];
        ChartPoint[] validation = [.. _result.History.Select(epoch => new ChartPoint(epoch.Epoch, epoch.ValidationLoss ?? double.NaN))];
        double[] all = [.. train.Concat(validation).Select(point => point.Y).Where(double.IsFinite)];
        AxisKind kind = all.Length > 0 && all.Min() > 0 && all.Max() / all.Min() > WideRatio ? AxisKind.Log10 : AxisKind.Linear;
        string text = $"Training loss of each step, {Span(train, Figures.Number)}.";
        ChartSeries[] series = Noisy("training", train);
        if (validation.Any(IsKnown))
        {
            text += $" Validation loss of each epoch, {Span(validation, Figures.Number)}.";
            series = [.. series, new ChartSeries("validation", "validation", SeriesKind.DottedLine, validation)];
        }

        if (_result.BestEpoch is { } best)
        {
            text += $" The best epoch is {Figures.Whole(best)}, with a validation loss of {Figures.NumberOrDash(Validation(best))}.";
        }

        return new Chart("loss", "Loss", text, _epochs, Axis.Over("loss", kind, all), series)
        {
            Mark = _result.BestWeightsRestored && _result.BestEpoch is { } kept && kept >= 0 && kept <= _positions.Last
                ? (kept, $"best, epoch {Figures.Whole(kept)}")
                : null,
        };
    }

    private Chart? Accuracy()
    {
        ChartPoint[] shares = [.. _result.History.Select(
            epoch => new ChartPoint(epoch.Epoch, 100 * epoch.ValidationAccuracy ?? double.NaN))];
        if (!shares.Any(IsKnown))
        {
            return null;
        }

        string text = $"Share of validation rows whose class is predicted, after each epoch, "
            + $"{Span(shares, share => Figures.Percent(share / 100))}.";
        Axis axis = Axis.Over("accuracy", AxisKind.Linear, shares.Select(point => point.Y)) with { Unit = " %" };
        return new Chart("accuracy", "Validation accuracy", text, _epochs, axis, [
            new ChartSeries("validation", "validation", SeriesKind.DottedLine, shares),
        ]);
    }

    /// <summary>The scale that each step's gradients carried; a skipped step has a cross at the scale that was too much.</summary>
    private Chart? Scale()
    {
        if (!IsScaled)
        {
            return null;
        }

        ChartPoint[] scales = [.. _steps.Select(step => new ChartPoint(_positions.Of(step), step.LossScale))];
        ChartPoint[] skipped = [.. _steps.Where(step => step.Skipped).Select(step => new ChartPoint(_positions.Of(step), step.LossScale))];
        string skips = _result.Skipped == 0 ? "no step was skipped"
            : $"{Figures.Whole(_result.Skipped)} of {Figures.Whole(_result.Attempts, "attempted step")} skipped";
        string text = $"Factor on the loss in each step, {Span(scales, scale => Figures.ScaleOnPage((float)scale))}; {skips}.";
        return new Chart("scale", "Loss scale", text, _epochs, Axis.Over("loss scale", AxisKind.Log2, scales.Select(point => point.Y)), [
            new ChartSeries("loss scale", "train", SeriesKind.Steps, scales),
            new ChartSeries("skipped step", "skipped", SeriesKind.Crosses, skipped),
        ]);
    }

    private Chart? Norm()
    {
        ChartPoint[] norms = [.. _steps.Select(step => new ChartPoint(_positions.Of(step), step.Skipped ? double.NaN : step.GradientNorm))];
        if (!norms.Any(IsKnown))
        {
            return null;
        }

        string text = $"Norm of the gradient in true units, whatever the loss scale, of each step that was not skipped, "
            + $"{Span(norms, Figures.Number)}.";
        Axis axis = Axis.Over("gradient norm", AxisKind.Log10, norms.Select(point => point.Y));
        return new Chart("norm", "Gradient norm", text, _epochs, axis, Noisy("gradient norm", norms));
    }

    private Chart Rate()
    {
        ChartPoint[] rates = [.. _steps.Select(step => new ChartPoint(_positions.Of(step), step.LearningRate))];
        Axis axis = Axis.Over("learning rate", AxisKind.Linear, rates.Select(point => point.Y).Append(0));
        return new Chart("rate", "Learning rate", $"Learning rate of each step, {Span(rates, Figures.Number)}.", _epochs, axis, [
            new ChartSeries("learning rate", "train", SeriesKind.Steps, rates),
        ]);
    }

    private Chart Speed()
    {
        ChartPoint[] speeds = [.. _result.History.Select(epoch => new ChartPoint(epoch.Epoch, epoch.RowsPerSecond))];
        string text = $"Training rows per second in each epoch, validation not counted; {Figures.Count(_result.RowsPerSecond)} over all.";
        Axis axis = Axis.Over("rows per second", AxisKind.Linear, speeds.Select(point => point.Y).Append(0));
        return new Chart("speed", "Rows per second", text, _epochs, axis, [
            new ChartSeries("rows per second", "train", SeriesKind.DottedLine, speeds),
        ]);
    }

    /// <summary>A smoothed line over the faint one of all steps; few points are one plain line.</summary>
    private ChartSeries[] Noisy(string name, ChartPoint[] points)
    {
        int known = points.Count(IsKnown);
        return known < FewPoints
            ? [new ChartSeries(name, "train", SeriesKind.DottedLine, points)]
            :
            [
                new ChartSeries("each step", "raw", SeriesKind.Line, points),
                new ChartSeries("smoothed", "train", SeriesKind.Line, Smoothing.Of(points, Math.Clamp(known / 40.0, 4, 200))),
            ];
    }

    private double? Validation(int epoch) => _result.History.FirstOrDefault(metrics => metrics.Epoch == epoch)?.ValidationLoss;

    private static bool IsKnown(ChartPoint point) => double.IsFinite(point.Y);

    /// <summary>The first and the last value in words.</summary>
    private static string Span(ChartPoint[] points, Func<double, string> text)
    {
        if (!points.Any(IsKnown))
        {
            return "never finite";
        }

        string first = text(points.First(IsKnown).Y), last = text(points.Last(IsKnown).Y);
        return first == last ? $"{first} at first and at last" : $"from {first} to {last}";
    }
}
