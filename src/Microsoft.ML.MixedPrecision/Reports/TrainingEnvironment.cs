using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// With what a model was trained: versions, time, and the trainer's options as they were written. It names no machine and no user.
/// </summary>
public sealed class TrainingEnvironment
{
    internal TrainingEnvironment()
    {
    }

    /// <summary>Version of this library; empty where it is not known.</summary>
    public string Library { get; internal init; } = "";

    /// <summary>Version of ML.NET.</summary>
    public string MLNet { get; internal init; } = "";

    /// <summary>The runtime, for example <c>.NET 10.0.1</c>.</summary>
    public string Runtime { get; internal init; } = "";

    /// <summary>The operating system and the processor's architecture.</summary>
    public string OperatingSystem { get; internal init; } = "";

    /// <summary>When <c>Fit</c> began, UTC.</summary>
    public DateTimeOffset Started { get; internal init; }

    /// <summary>The trainer, for example <c>MlpMulticlass</c>.</summary>
    public string Trainer { get; internal init; } = "";

    /// <summary>
    /// Option and value as text, the same in every culture, in alphabetical order. Data, callbacks and tokens are named as set, not
    /// written out.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> Options { get; internal init; } = [];

    /// <summary>
    /// In one line: <c>MlpMulticlass, 2026-11-29 14:05:00 UTC, library 0.1.0, ML.NET 5.0.1, .NET 10.0.1, Debian GNU/Linux 12 X64</c>.
    /// </summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Trainer}, {Started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, library {Library}, ML.NET {MLNet}, {Runtime}, {OperatingSystem}");
}
