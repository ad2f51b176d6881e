using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>What an example has at a place of a network, before anything is computed: its shape, and whether that is numbers or
/// ids.</summary>
/// <param name="Shape">Rows and columns of an example; ids are one column.</param>
/// <param name="Vocabulary">Ids are from 0 up to this, itself left out; null for numbers.</param>
/// <param name="Categories">Which of the columns are numbers of categories; null for none.</param>
/// <param name="IsSparse">Whether numbers are nearly all 0 and come as the others alone.</param>
internal readonly record struct SpecValue(Shape Shape, int? Vocabulary = null, CategoryColumns? Categories = null, bool IsSparse = false)
{
    /// <summary>Elements of an example.</summary>
    public long Elements => (long)Shape.Rows * Shape.Columns;

    /// <inheritdoc/>
    public override string ToString() => Vocabulary is { } count ? $"{Shape.Rows} ids of {count}"
        : Categories is { } categories ? $"{Shape} numbers, {categories.Levels.Count} of them categories"
        : IsSparse ? $"{Shape} sparse numbers"
        : $"{Shape} numbers";
}
