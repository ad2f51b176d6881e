using Microsoft.ML.MixedPrecision;
using Spectre.Console;

namespace Quickstart;

/// <summary>Curves in a terminal: one character an epoch, higher for more.</summary>
internal static class Curves
{
    private const string Levels = "▁▂▃▄▅▆▇█";

    /// <summary>Draws the validation loss of each run, all on one scale, and the loss scale of the one that has one.</summary>
    public static void Print(IReadOnlyList<Candidate> candidates)
    {
        Candidate[] ours = [.. candidates.Where(candidate => candidate.Training is not null)];
        double[] all = [.. ours.SelectMany(Losses)];
        AnsiConsole.WriteLine("Validation loss, epoch by epoch (logarithmic):");
        foreach (Candidate candidate in ours)
        {
            double[] losses = [.. Losses(candidate)];
            AnsiConsole.WriteLine($"  {candidate.Name,-5}{Line(losses, all.Min(), all.Max()),-32}{losses[0]:F3} to {losses.Min():F3}");
        }

        foreach (Candidate candidate in ours.Where(candidate => candidate.Training!.Skipped > 0))
        {
            StepMetrics[] first = [.. candidate.Training!.History.SelectMany(epoch => epoch.Attempts).Take(Pipelines.Epochs)];
            double[] scales = [.. first.Select(attempt => (double)attempt.LossScale)];
            AnsiConsole.WriteLine($"Loss scale of {candidate.Name}, step by step at first; x is a step that was skipped:");
            AnsiConsole.WriteLine($"       {Line(scales, scales.Min(), scales.Max()),-32}{scales[0]:N0} to {scales[^1]:N0}");
            AnsiConsole.WriteLine($"       {string.Concat(first.Select(attempt => attempt.Skipped ? 'x' : '·'))}");
        }
    }

    private static IEnumerable<double> Losses(Candidate candidate)
        => candidate.Training!.History.Select(epoch => epoch.ValidationLoss ?? epoch.Loss);

    private static string Line(double[] values, double low, double high)
    {
        double step = high > low ? (Levels.Length - 1) / Math.Log(high / low) : 0;
        return string.Concat(values.Select(value => Levels[(int)(step * Math.Log(value / low))]));
    }
}
