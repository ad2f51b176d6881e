namespace Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

/// <summary>What a table asks.</summary>
internal enum Question
{
    /// <summary>Yes or no.</summary>
    Binary,

    /// <summary>Which class.</summary>
    Multiclass,

    /// <summary>How much.</summary>
    Regression,
}
