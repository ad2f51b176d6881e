using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Where the time of <c>Fit</c> went. What is missing to the whole is planning: formats, memory, starting weights,
/// kernels.</summary>
public sealed record TrainingTimings
{
    internal TrainingTimings()
    {
    }

    /// <summary>Reading the training and validation rows: the cursor with all transforms and parsing behind it, checks, conversion into the
    /// store.</summary>
    public TimeSpan Reading { get; internal init; }

    /// <summary>Copying the rows to the device; 0 on the CPU, which trains where they were read to.</summary>
    public TimeSpan Staging { get; internal init; }

    /// <summary>All epochs: steps, validation, callbacks.</summary>
    public TimeSpan Training { get; internal init; }

    /// <summary>For people, in seconds: <c>reading 0.012 s, staging 0 s, training 1.5 s</c>; the same in every culture.</summary>
    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"reading {Reading.TotalSeconds:0.###} s, staging {Staging.TotalSeconds:0.###} "
            + $"s, training {Training.TotalSeconds:0.###} s");
}
