using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>An input of ids, as of tokens: whole numbers from 0 that name an entry of a vocabulary, one a row.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">Ids of an example.</param>
/// <param name="Vocabulary">Entries of the vocabulary: ids are below it.</param>
internal sealed record IdsInput(string Name, int Rows, int Vocabulary) : InputSpec(Name)
{
    /// <inheritdoc/>
    public override SpecValue Output()
    {
        RequirePositive(Rows, "rows");
        RequirePositive(Vocabulary, "entries of its vocabulary");
        return new SpecValue(new Shape(Rows, 1), Vocabulary);
    }

    /// <inheritdoc/>
    protected override string Text => $"{Rows} ids of {Vocabulary}";
}
