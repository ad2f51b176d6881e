using Microsoft.ML.MixedPrecision;
using Spectre.Console;

namespace Quickstart;

/// <summary>One table: a column a candidate, a row a number.</summary>
internal static class Report
{
    public static void Print(IReadOnlyList<Candidate> candidates)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("");
        foreach (Candidate candidate in candidates)
        {
            table.AddColumn(new TableColumn(candidate.Name).RightAligned());
        }

        Row("test accuracy", candidate => $"{candidate.Metrics.MicroAccuracy:P2}");
        Row("test log-loss, nats", candidate => $"{candidate.Metrics.LogLoss:F4}");
        Row("Fit, seconds", candidate => $"{candidate.FitSeconds:F2}");
        Ours("training rows/s", training => $"{training.RowsPerSecond:N0}");
        Ours("masters, KiB", training => KiB(training.Memory.Masters));
        Ours("shadows, KiB", training => KiB(training.Memory.Shadows));
        Ours("gradients, KiB", training => KiB(training.Memory.Gradients));
        Ours("moments, KiB", training => KiB(training.Memory.Moments));
        Ours("activations, KiB", training => KiB(training.Memory.Activations));
        Ours("attempted steps", training => $"{training.Attempts:N0}");
        Ours("skipped steps", training => $"{training.Skipped:N0}");
        Ours("scale growths", training => $"{training.Growths:N0}");
        Ours("final loss scale", training => $"{training.FinalLossScale:N0}");
        AnsiConsole.Write(table);

        void Row(string name, Func<Candidate, string> value) => table.AddRow([name, .. candidates.Select(value)]);
        void Ours(string name, Func<TrainingResult, string> value) => Row(name, candidate => candidate.Training is null ? "–" : value(candidate.Training));
    }

    private static string KiB(long bytes) => $"{bytes / 1024.0:N0}";
}
