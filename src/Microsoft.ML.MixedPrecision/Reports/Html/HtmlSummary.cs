using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>The top of a report: the figures that are looked at first, and in a sentence or two how training went.</summary>
internal static class HtmlSummary
{
    /// <summary>Writes it.</summary>
    /// <param name="html">The page.</param>
    /// <param name="result">The training.</param>
    public static void Write(Html html, TrainingResult result)
    {
        TrainingMetrics? kept = result.KeptEpoch;
        string ofEpoch = kept is null ? "" : result.BestWeightsRestored ? $"epoch {Figures.Whole(kept.Epoch)}, the best" : "last epoch";
        html.Raw("<dl class=\"tiles\">\n");
        Tile(html, "Training loss", Figures.NumberOrDash(kept?.Loss), ofEpoch);
        Validation(html, kept, result, ofEpoch);
        OutOfFold(html, result);

        string asked = kept is null ? "" : $"of {Figures.Whole(kept.Epochs)} asked for";
        Tile(html, "Epochs", Figures.Whole(kept is null ? 0 : result.History[^1].Epoch), asked);
        Tile(html, "Steps", Figures.Whole(result.Attempts), $"{Figures.Whole(result.Skipped)} skipped");
        Tile(html, "Rows", Figures.Whole(result.Rows), Rows(result));
        Tile(html, "Rows per second", result.RowsPerSecond > 0 ? Figures.Count(result.RowsPerSecond) : Figures.Unknown, "while training");
        Tile(html, "Time", Figures.Time(result.Timings.Reading + result.Timings.Staging + result.Timings.Training), "reading and training");
        html.Raw("</dl>\n");
        html.Add($"<p>{Sentences(result)}</p>\n");
    }

    /// <summary>What validation said: of a run on all rows, of the run before, which chose its epochs.</summary>
    private static void Validation(Html html, TrainingMetrics? kept, TrainingResult result, string ofEpoch)
    {
        if (kept?.ValidationLoss is null && result.EarlierRuns is [.., { KeptEpoch: { ValidationLoss: not null } chosen } before])
        {
            (kept, result, ofEpoch) = (chosen, before, $"epoch {Figures.Whole(chosen.Epoch)} of the run before");
        }

        string ofValidation = kept?.ValidationLoss is null ? "no validation rows" : ofEpoch;
        Tile(html, "Validation loss", Figures.NumberOrDash(kept?.ValidationLoss), ofValidation);
        if (kept?.ValidationAccuracy is { } accuracy)
        {
            Tile(html, "Validation accuracy", Figures.Percent(accuracy), Interval(accuracy, result.ValidationRows));
        }
    }

    /// <summary>Of a mean of several networks what all of them say of rows that were not theirs.</summary>
    private static void OutOfFold(Html html, TrainingResult result)
    {
        if (result.OutOfFold is not { } figures)
        {
            return;
        }

        string bags = $"{Figures.Whole(result.Bags)} bags, {Figures.Whole(figures.Rows, "row")}";
        Tile(html, "Out-of-fold loss", Figures.NumberOrDash(figures.Loss), bags);
        if (figures.Accuracy is { } accuracy)
        {
            Tile(html, "Out-of-fold accuracy", Figures.Percent(accuracy), Interval(accuracy, figures.Rows));
        }
    }

    /// <summary>What became of the steps, and why training ended.</summary>
    /// <param name="result">The training.</param>
    internal static string Sentences(TrainingResult result)
    {
        List<string> sentences = [
            .. result.EarlierRuns.Select((run, i) => $"Run {i + 1} of {result.EarlierRuns.Count + 1} came before this one: {run}."),
        ];
        if (result.StopReason.Length > 0)
        {
            sentences.Add($"Training ended: {result.StopReason}.");
        }

        if (result.Attempts > 0 && result.Skipped == result.Attempts)
        {
            sentences.Add(
                $"All {Figures.Whole(result.Attempts, "step")} were skipped: the model has its starting weights and has learnt nothing.");
        }
        else if (result.Skipped > 0)
        {
            sentences.Add(Skips(result));
        }
        else if (result.Attempts > 0)
        {
            sentences.Add("No step was skipped.");
        }

        if (result.Device.StartsWith("CPU", StringComparison.Ordinal) && result.Explanations.Any(op => op.Operands.Is16Bit()))
        {
            sentences.Add("16-bit formats are emulated on the CPU: the times here say nothing about a GPU.");
        }

        return string.Join(' ', sentences);
    }

    /// <summary>Skipped steps that ran again later cost time only; what counts is whether rows were lost.</summary>
    private static string Skips(TrainingResult result)
    {
        string were = result.Skipped == 1 ? "was" : "were";
        string skipped = $"{Figures.Whole(result.Skipped)} of {Figures.Whole(result.Attempts, "attempted step")} {were} skipped";
        long lost = result.History.Sum(epoch => (long)epoch.Lost);
        return lost == 0
            ? $"{skipped} while the loss scale was sought, which is normal, and committed when they ran again: no rows were lost."
            : LowersItself(result) ? $"{skipped} while the loss scale was sought: normal where they are few. {Lost(lost)}"
            : $"{skipped}, since values were not finite. {Lost(lost)}";
    }

    private static string Lost(long lost)
        => $"{Figures.Whole(lost, "time")} a step was not committed in its epoch, so that nothing was learnt of its rows there.";

    /// <summary>The rows behind a share, and between which shares 95 of 100 such samples lie.</summary>
    /// <param name="share">The share.</param>
    /// <param name="rows">Rows that were looked at; 0 where it is not known.</param>
    /// <remarks>Wilson's interval: (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) ÷ (1 + z²/n), z = 1.96 (E. B. Wilson, JASA 22, 1927).</remarks>
    internal static string Interval(double share, long rows)
    {
        if (rows <= 0 || share is not (>= 0 and <= 1))
        {
            return "of validation rows";
        }

        const double Z = 1.959964;
        double n = rows, middle = share + (Z * Z / (2 * n)), whole = 1 + (Z * Z / n);
        double half = Z * Math.Sqrt((share * (1 - share) / n) + (Z * Z / (4 * n * n)));
        (string low, string high) = (Figures.Percent((middle - half) / whole), Figures.Percent((middle + half) / whole));
        return $"of {Figures.Whole(rows, "row")}; 95 % interval {low} to {high}";
    }

    private static bool LowersItself(TrainingResult result)
        => result.History.SelectMany(epoch => epoch.Attempts).FirstOrDefault(step => step.Skipped) is { } step
            && result.FinalLossScale < step.LossScale;

    private static string Rows(TrainingResult result)
        => string.Join("; ", new[]
        {
            result.ValidationRows > 0 ? $"and {Figures.Whole(result.ValidationRows)} to validate" : null,
            result.RowsWithoutLabel > 0 ? $"{Figures.Whole(result.RowsWithoutLabel)} without label left out" : null,
        }.OfType<string>());

    private static void Tile(Html html, string name, string value, string remark)
        => html.Add($"<div><dt>{name}</dt><dd>{value}<small>{remark}</small></dd></div>\n");
}
