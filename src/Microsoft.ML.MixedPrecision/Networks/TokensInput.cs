using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>An input of ids whose number differs from example to example, as of a text's tokens. A caller gives as many numbers as an
/// example has at most: of each token its id and 1 more, and behind the last one 0.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">Ids of the longest example.</param>
/// <param name="Vocabulary">Entries of the vocabulary: ids are below it.</param>
internal sealed record TokensInput(string Name, int Rows, int Vocabulary) : InputSpec(Name)
{
    /// <summary>Most entries of a vocabulary, so that Float32 holds each id exactly.</summary>
    public const int MostEntries = (1 << 24) - 1;

    /// <inheritdoc/>
    internal override int SinceVersion => LayerSpec.SequencesVersion;

    /// <inheritdoc/>
    public override SpecValue Output()
    {
        RequirePositive(Rows, "rows");
        RequirePositive(Vocabulary, "entries of its vocabulary");
        return Vocabulary <= MostEntries
            ? new SpecValue(Shape.Sequence(Rows, 1), Vocabulary)
            : throw new InvalidDataException($"Input '{Name}' has a vocabulary of {Vocabulary} entries; it must have at most "
                + $"{MostEntries}.");
    }

    /// <inheritdoc/>
    protected override string Text => $"up to {Rows} tokens of {Vocabulary}";
}
