using Microsoft.ML.MixedPrecision;
using Spectre.Console;

namespace Quickstart;

/// <summary>Tables of 80 columns: the runs side by side, and the formats of one of them.</summary>
internal static class Report
{
    /// <summary>A column a candidate, a row a number.</summary>
    public static void Print(IReadOnlyList<Candidate> candidates)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("");
        foreach (Candidate candidate in candidates)
        {
            table.AddColumn(new TableColumn(candidate.Name).RightAligned());
        }

        Row("test accuracy", candidate => $"{candidate.Metrics.MicroAccuracy:P1}");
        Row("test log-loss, nats", candidate => $"{candidate.Metrics.LogLoss:F3}");
        Row("Fit, seconds", candidate => candidate.IsEmulated ? "emulated" : $"{candidate.FitSeconds:F2}");
        Ours("epochs", training => $"{training.History.Count}");
        Ours("masters, KiB", training => KiB(training.Memory.Masters));
        Ours("shadows, KiB", training => KiB(training.Memory.Shadows));
        Ours("gradients, KiB", training => KiB(training.Memory.Gradients));
        Ours("moments, KiB", training => KiB(training.Memory.Moments));
        Ours("activations, KiB", training => KiB(training.Memory.Activations));
        Ours("attempted steps", training => $"{training.Attempts:N0}");
        Ours("skipped steps", training => $"{training.Skipped:N0}");
        AnsiConsole.Write(table);
        if (candidates.Any(candidate => candidate.IsEmulated))
        {
            Text.Write(
                "emulated: the CPU has no such products. It rounds as a GPU does, which takes time that says nothing about these formats.");
        }

        void Row(string name, Func<Candidate, string> value) => table.AddRow([name, .. candidates.Select(value)]);
        void Ours(string name, Func<TrainingResult, string> value)
            => Row(name, candidate => candidate.Training is null ? "–" : value(candidate.Training));
    }

    /// <summary>What was computed in which format, and why.</summary>
    public static void PrintFormats(TrainingResult training)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("layer", "operation", "operands", "stored", "why");
        foreach (OperationExplanation row in training.Explanations)
        {
            table.AddRow(row.Layer, row.Operation, $"{row.Operands}", $"{row.Stored}", row.Reason);
        }

        AnsiConsole.Write(table);
    }

    private static string KiB(long bytes) => $"{bytes / 1024.0:N0}";
}
