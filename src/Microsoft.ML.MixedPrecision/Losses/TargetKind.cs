namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>What a row's target is.</summary>
internal enum TargetKind
{
    /// <summary>One class, Int32, from 0.</summary>
    Class,

    /// <summary>One number for each output, Float32.</summary>
    Values,
}
