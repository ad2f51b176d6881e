using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>
/// A training's epochs and attempted steps as comma-separated values, UTF-8, one header line, lines ended by a line feed, the same in
/// every culture. Numbers are written so that they read back to the same bits, unknown ones are empty. A text that a spreadsheet would
/// take for a formula gets an apostrophe in front (https://owasp.org/www-community/attacks/CSV_Injection).
/// </summary>
internal static class TrainingCsv
{
    private const string EpochHeader
        = "epoch,step,loss,validation_loss,validation_accuracy,validation_auc,validation_rmse,rows_per_second,loss_scale,"
        + "gradient_norm,attempts,skipped,lost,learning_rate";

    private const string StepHeader
        = "attempt,epoch,epoch_step,retry_pass,step,rows,loss,gradient_norm,loss_scale,learning_rate,clip_coefficient,non_finite";

    /// <summary>One line an epoch.</summary>
    public static void WriteEpochs(Stream stream, TrainingResult result)
        => Write(stream, EpochHeader, result.History.Select(epoch => (object?[])
        [
            epoch.Epoch, epoch.Step, epoch.Loss, epoch.ValidationLoss, epoch.ValidationAccuracy, epoch.ValidationAuc,
            epoch.ValidationRmse, epoch.RowsPerSecond, epoch.LossScale, epoch.GradientNorm,
            epoch.AttemptCount, epoch.Skipped, epoch.Lost, epoch.LearningRate,
        ]));

    /// <summary>One line an attempted step that is kept.</summary>
    public static void WriteSteps(Stream stream, TrainingResult result)
        => Write(stream, StepHeader, result.History.SelectMany(epoch => epoch.Attempts).Select(step => (object?[])
        [
            step.Attempt, step.Epoch, step.EpochStep, step.RetryPass, step.Step, step.Rows, step.Loss, step.GradientNorm,
            step.LossScale, step.LearningRate, step.ClipCoefficient, step.NonFinite,
        ]));

    private static void Write(Stream stream, string header, IEnumerable<object?[]> rows)
    {
        using var writer = new StreamWriter(
            stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true)
        { NewLine = "\n" };
        writer.WriteLine(header);
        foreach (object?[] row in rows)
        {
            writer.WriteLine(string.Join(',', row.Select(Cell)));
        }
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        string text => Quoted(text),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"{value.GetType()} has no cell."),
    };

    private static string Quoted(string text)
    {
        string safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
