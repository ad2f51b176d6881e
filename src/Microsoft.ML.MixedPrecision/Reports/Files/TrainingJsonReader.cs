using System.Text.Json;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>
/// A <see cref="TrainingResult"/> from JSON text that nobody vouches for. Nothing is taken that is not in the text, so that memory grows
/// with its length only, which is limited; numbers that other code counts with are checked; texts are kept as they are and must be
/// encoded where they are shown.
/// </summary>
internal static class TrainingJsonReader
{
    /// <summary>Characters that are read. A run of 100,000 kept steps takes about 7 million.</summary>
    public const int MostCharacters = 1 << 27;

    /// <summary>Characters of a policy that are read: reading takes time that grows with their square.</summary>
    private const int MostPolicyText = 1 << 16;

    /// <summary>Seconds of a phase: more than 300 years are damage.</summary>
    private const double MostSeconds = 1e10;

    /// <summary>A result from its text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="mostCharacters">Characters that are read.</param>
    /// <exception cref="InvalidDataException">It is too long, no JSON, of a newer version, or not a result.</exception>
    public static TrainingResult Read(string text, int mostCharacters = MostCharacters)
    {
        if (text.Length > mostCharacters)
        {
            throw Invalid($"It has {text.Length} characters; at most {mostCharacters} are read.");
        }

        try
        {
            RequireVersion(text);
            TrainingDocument document = JsonSerializer.Deserialize(text, TrainingDocumentContext.Default.TrainingDocument)
                ?? throw Invalid("It is null.");
            TrainingResult result = Result(document);
            result.EarlierRuns = [.. (document.EarlierRuns ?? []).Select(Earlier)];
            return result;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(Message(e.Message), e);
        }
    }

    /// <summary>
    /// The result that was saved with a model; null where a newer version of this library saved it, which does not hinder scoring.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static TrainingResult? ReadSaved(string text)
    {
        try
        {
            return Read(text);
        }
        catch (InvalidDataException) when (IsNewer(text))
        {
            return null;
        }
    }

    /// <summary>Before the rest, so that a newer text is called newer and not malformed.</summary>
    private static void RequireVersion(string text)
    {
        if (Version(text) is not (>= 1 and <= TrainingDocument.CurrentVersion))
        {
            throw Invalid(
                $"Its version must be a number from 1 to {TrainingDocument.CurrentVersion}. A greater one is from a newer version of "
                    + $"this library: read it with that.");
        }
    }

    private static bool IsNewer(string text)
    {
        try
        {
            return Version(text) > TrainingDocument.CurrentVersion;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int? Version(string text)
    {
        using JsonDocument json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("version", out JsonElement version)
            && version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out int number) ? number : null;
    }

    private static TrainingResult Result(TrainingDocument document)
    {
        RequireEntries(document.Warnings, "warning");
        RequireEntries(document.Ranges, "value range");
        RequireFormats(document.Ranges.Select(range => range.Format));
        RequireCounts(document.Attempts, document.Steps, document.Skipped, document.Growths, document.Rows, document.RowsWithoutLabel,
            document.ValidationRows, document.Bags ?? 1);
        return new TrainingResult(Explanation(document))
        {
            Precision = Policy(document.Precision),
            Device = document.Device,
            StopReason = document.StopReason,
            Attempts = document.Attempts,
            Steps = document.Steps,
            Skipped = document.Skipped,
            Growths = document.Growths,
            FinalLossScale = document.FinalLossScale,
            Rows = document.Rows,
            RowsWithoutLabel = document.RowsWithoutLabel,
            ValidationRows = document.ValidationRows,
            RowsPerSecond = document.RowsPerSecond,
            BestEpoch = document.BestEpoch,
            BestWeightsRestored = document.BestWeightsRestored,
            Timings = Timings(document.Timings),
            Memory = Memory(document.Memory),
            Environment = Environment(document.Environment),
            WarningDetails = Warnings(document),
            Bags = document.Bags ?? 1,
            Ranges = document.Ranges,
            History = TrainingJsonSteps.History(document),
        };
    }

    /// <summary>A run before, which had none before it.</summary>
    private static TrainingResult Earlier(TrainingDocument? run)
        => run is { EarlierRuns: null } ? Result(run) : throw Invalid("An earlier run is null, or has earlier runs itself.");

    private static RunWarning[] Warnings(TrainingDocument document)
    {
        WarningPart[] details = document.WarningDetails ?? [.. document.Warnings.Select(_ => new WarningPart(RunWarningKind.Other, 0, 0))];
        RequireEntries(details, "warning's detail");
        if (details.Length != document.Warnings.Length)
        {
            throw Invalid($"It has {document.Warnings.Length} warnings and details of {details.Length}.");
        }

        foreach (WarningPart detail in details)
        {
            RequireCounts(detail.Epoch, detail.Attempt);
            if (!Enum.IsDefined(detail.Kind))
            {
                throw Invalid($"The kind of warning {(int)detail.Kind} is none of {string.Join(", ", Enum.GetNames<RunWarningKind>())}.");
            }
        }

        return
        [
            .. document.Warnings.Zip(details, (message, detail) => new RunWarning
            {
                Kind = detail.Kind,
                Message = message,
                Epoch = detail.Epoch,
                Attempt = detail.Attempt,
            }),
        ];
    }

    private static PrecisionPolicy Policy(string text)
    {
        if (text.Length > MostPolicyText)
        {
            throw Invalid($"Its precision policy has {text.Length} characters; at most {MostPolicyText} are read.");
        }

        try
        {
            return PrecisionPolicy.Parse(text);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(Message("Its precision policy is none: " + e.Message), e);
        }
    }

    private static PlanExplanation Explanation(TrainingDocument document)
    {
        RequireEntries(document.Explanations, "explanation");
        RequireFormats(document.Explanations.SelectMany(op => (NumericFormat[])[op.Operands, op.Stored]));
        return new PlanExplanation(
            document.Plan,
            [.. document.Explanations.Select(op => new OperationExplanation
            {
                Layer = op.Layer,
                Operation = op.Operation,
                Shape = op.Shape,
                Operands = op.Operands,
                Stored = op.Stored,
                Reason = op.Reason,
            })],
            document.Products);
    }

    private static TrainingTimings Timings(TimingsPart timings) => new()
    {
        Reading = Span(timings.ReadingSeconds),
        Staging = Span(timings.StagingSeconds),
        Training = Span(timings.TrainingSeconds),
    };

    /// <summary>
    /// Rounded to the tick: <see cref="TimeSpan.FromSeconds(double)"/> cuts off, and a time would lose a tick each time that it is read.
    /// </summary>
    private static TimeSpan Span(double seconds) => seconds is >= 0 and < MostSeconds
        ? TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond))
        : throw Invalid($"A time of {Figures.Number(seconds)} s is none.");

    private static MemoryReport Memory(MemoryPart memory)
    {
        RequireCounts(memory.Masters, memory.Shadows, memory.Gradients, memory.Moments, memory.Activations, memory.Workspace,
            memory.Scratch, memory.Data);
        return new MemoryReport
        {
            Masters = memory.Masters,
            Shadows = memory.Shadows,
            Gradients = memory.Gradients,
            Moments = memory.Moments,
            Activations = memory.Activations,
            Workspace = memory.Workspace,
            Scratch = memory.Scratch,
            Data = memory.Data,
        };
    }

    private static TrainingEnvironment Environment(EnvironmentPart environment)
    {
        RequireEntries(environment.Options, "option");
        return new TrainingEnvironment
        {
            Library = environment.Library,
            MLNet = environment.MLNet,
            Runtime = environment.Runtime,
            OperatingSystem = environment.OperatingSystem,
            Started = environment.Started,
            Trainer = environment.Trainer,
            Options = [.. environment.Options.Select(option => KeyValuePair.Create(option.Name, option.Value))],
        };
    }

    /// <summary>The serializer lets null through as an entry of a list.</summary>
    private static void RequireEntries(IReadOnlyList<object?> entries, string name)
    {
        if (entries.Contains(null))
        {
            throw Invalid($"One {name} is null.");
        }
    }

    /// <summary>The serializer takes any number for a format.</summary>
    private static void RequireFormats(IEnumerable<NumericFormat> formats)
    {
        foreach (NumericFormat format in formats)
        {
            if (!Enum.IsDefined(format))
            {
                throw Invalid($"The format {(int)format} is none of {string.Join(", ", Enum.GetNames<NumericFormat>())}.");
            }
        }
    }

    /// <summary>Limited, so that eight categories of bytes have a sum.</summary>
    private static void RequireCounts(params ReadOnlySpan<long> counts)
    {
        const long Most = long.MaxValue / 16;
        foreach (long count in counts)
        {
            if (count is < 0 or > Most)
            {
                throw Invalid($"A count of {count} is not from 0 to {Most}.");
            }
        }
    }

    /// <summary>The error of a text that is no result.</summary>
    /// <param name="what">What is wrong, a sentence.</param>
    internal static InvalidDataException Invalid(string what) => new(Message(what));

    private static string Message(string what)
        => $"The text is not the JSON of a training result: {what} Use a text that TrainingResult.ToJson wrote, unaltered.";
}
