namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>How the targets of a <see cref="CrossEntropyLoss"/> are read.</summary>
/// <param name="Smoothing">ε: share of the target that all classes get alike.</param>
/// <param name="AreKeys">Whether they are keys, from 1, and 0 marks a row without a target; else classes from 0, one a row.</param>
internal readonly record struct CrossEntropyRule(float Smoothing, bool AreKeys = false)
{
    /// <summary>The number that stands for the first class.</summary>
    public int FirstClass => AreKeys ? 1 : 0;

    /// <summary>A smoothing alone.</summary>
    public static implicit operator CrossEntropyRule(float smoothing) => new(smoothing);
}
