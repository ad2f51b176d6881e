namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>How much of everything a batch has.</summary>
/// <param name="Examples">Examples.</param>
/// <param name="Steps">Rows that a sequence has over all examples, those of one behind those of the other, and rows of none at the end that
/// keep the number of different sizes small; 0 where nothing in the batch is a sequence.</param>
internal readonly record struct BatchSize(int Examples, int Steps = 0)
{
    /// <summary>A batch without sequences.</summary>
    public static implicit operator BatchSize(int examples) => new(examples);

    /// <inheritdoc/>
    public override string ToString() => Steps == 0 ? $"{Examples} examples" : $"{Examples} examples of {Steps} steps in all";
}
