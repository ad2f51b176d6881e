using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>A result each text of which tries to be more than text, as one that was read from somebody's JSON can be.</summary>
internal static class HostileResult
{
    /// <summary>Closes elements and attributes, runs a script, loads an image, breaks XML, and is long without a space.</summary>
    public const string Text = "\"'></td></title></style></svg><script>document.title='x'</script><img "
        + "src=http://example.invalid/a.png onerror=alert(1)>{0}\u0000\u000B\uD800]]>&amp;";

    /// <summary>The result.</summary>
    public static TrainingResult Create()
    {
        string text = Text + new string('x', 400);
        TrainingResult filled = FilledResult.Create();
        FilledResult.Set(filled.Ranges[0], nameof(ValueRange.Name), text);
        FilledResult.Set(filled.History[0].Attempts[0], nameof(StepMetrics.NonFinite), text);
        return new TrainingResult(new PlanExplanation(text, [Operation(text)], string.Concat(Enumerable.Repeat(text + "\n", 1000))))
        {
            Memory = filled.Memory,
            Precision = filled.Precision,
            History = filled.History,
            Ranges = filled.Ranges,
            Attempts = 1,
            Skipped = 1,
            Device = text,
            StopReason = text,
            WarningDetails = [.. Enumerable.Repeat(new RunWarning { Kind = RunWarningKind.Data, Message = text }, 1000)],
            Environment = new TrainingEnvironment
            {
                Trainer = text,
                Library = text,
                Options = [.. Enumerable.Range(0, 1000).Select(_ => KeyValuePair.Create(text, text))],
            },
        };
    }

    private static OperationExplanation Operation(string text) => new() { Layer = text, Operation = text, Shape = text, Reason = text };
}
