namespace OnnxScoring;

/// <summary>The settings of section <c>Scoring</c>, which the command line can give too.</summary>
internal sealed class ScoringOptions
{
    private const string Section = "Scoring";

    /// <summary>Short names for the command line.</summary>
    public static IDictionary<string, string> Switches { get; } = new Dictionary<string, string>
    {
        ["--model"] = $"{Section}:{nameof(Model)}",
        ["--max-batch"] = $"{Section}:{nameof(MaxBatch)}",
        ["--max-delay"] = $"{Section}:{nameof(MaxDelayMilliseconds)}",
        ["--queue"] = $"{Section}:{nameof(QueueLength)}",
    };

    /// <summary>The ONNX file; null for the digits network that the service trains itself.</summary>
    public string? Model { get; set; }

    /// <summary>Most rows of one call of the runtime, and of one request. 1 scores each request alone.</summary>
    public int MaxBatch { get; set; } = 64;

    /// <summary>Milliseconds that a batch with room left waits for more requests. 0 takes only what waits already, which under load is what
    /// came during the batch before.</summary>
    public int MaxDelayMilliseconds { get; set; }

    /// <summary>Requests that may wait; the next one is told to come later.</summary>
    public int QueueLength { get; set; } = 1024;

    /// <summary>Reads the settings.</summary>
    /// <exception cref="StartException">One is not a number, or out of range.</exception>
    public static ScoringOptions Read(IConfiguration configuration)
    {
        try
        {
            ScoringOptions options = configuration.GetSection(Section).Get<ScoringOptions>() ?? new ScoringOptions();
            ThrowIfOutside("--max-batch", options.MaxBatch, 1, 4096);
            ThrowIfOutside("--max-delay", options.MaxDelayMilliseconds, 0, 60_000);
            ThrowIfOutside("--queue", options.QueueLength, 1, 1_000_000);
            return options;
        }
        catch (InvalidOperationException e)
        {
            throw new StartException(e.Message, e);
        }
    }

    private static void ThrowIfOutside(string name, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new StartException($"{name} is {value}: write a number from {least} to {most}.");
        }
    }
}
