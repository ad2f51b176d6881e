namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>The part of a policy that has a name.</summary>
/// <param name="Name">As users write it.</param>
/// <param name="Format">Of products and stored activations; meaningless while <paramref name="IsAuto"/>.</param>
/// <param name="WeightUpdate">The form unless the user asks for another.</param>
/// <param name="IsAuto">Whether the device decides.</param>
internal sealed record PrecisionPreset(
    string Name, NumericFormat Format, WeightUpdate WeightUpdate = WeightUpdate.Master, bool IsAuto = false);
