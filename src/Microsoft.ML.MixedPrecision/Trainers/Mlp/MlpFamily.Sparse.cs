using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <content>Whether sparse rows stay sparse.</content>
internal sealed partial class MlpFamily
{
    /// <summary>Slots from which on zeros are worth leaving out.</summary>
    private const int LeastSlots = 10_000;

    /// <summary>Most of the slots of a row that may not be 0.</summary>
    private const double LargestShare = 0.02;

    private static readonly IdleOption<MlpTrainerOptions> ActivationBehindBag = new(
        nameof(options.Activation),
        options => options.Activation,
        _ => "behind an embedding bag there are no hidden layers where HiddenLayers is not set",
        "Set HiddenLayers, or leave Activation out.");

    /// <inheritdoc/>
    public override InputSpec? InputOf(DataViewSchema.Column column, int features, Func<SparseLook> look, Action<string> inform)
    {
        if (options.SparseFeatures == SparseFeatures.EmbeddingBag)
        {
            return Sparse(features);
        }

        if (options.SparseFeatures == SparseFeatures.Dense || features < LeastSlots || look() is not { IsSparse: true } seen
            || seen.Share > LargestShare)
        {
            return null;
        }

        string sparse = string.Create(CultureInfo.InvariantCulture,
            $"Column '{options.FeatureColumnName}' is sparse, with {100 * seen.Share:0.###} % of its {features} slots a row");
        if (Obstacle() is { } obstacle)
        {
            inform($"{sparse}; rows are stored dense, since {obstacle.Option} is {obstacle.Value}. For an embedding bag, "
                + $"{obstacle.Remedy}.");
            return null;
        }

        inform($"{sparse}; it is read as it is by an embedding bag. {nameof(options.SparseFeatures)} {SparseFeatures.Dense} scales and "
            + "fills features instead, and stores them with their zeros.");
        return Sparse(features);
    }

    private static NumbersInput Sparse(int features) => new("features", features, IsSparse: true);

    private void CheckSparse()
    {
        RequireDefined(options.SparseFeatures, nameof(options.SparseFeatures));
        if (options.SparseFeatures == SparseFeatures.EmbeddingBag && Obstacle() is { } obstacle)
        {
            throw new ArgumentException(
                $"{nameof(options.SparseFeatures)} is {SparseFeatures.EmbeddingBag}, and {obstacle.Option} is {obstacle.Value}, which an "
                    + $"embedding bag does not do: {obstacle.Remedy}, or set {nameof(options.SparseFeatures)} to {SparseFeatures.Dense}.",
                nameof(options.SparseFeatures));
        }
    }

    /// <summary>The first option that asks for what an embedding bag does not do; null for none.</summary>
    private (string Option, string Value, string Remedy)? Obstacle()
    {
        if (options.CategoricalColumnNames is { } categories)
        {
            return (nameof(options.CategoricalColumnNames), $"[{string.Join(", ", categories)}]", "leave it out");
        }

        if (options.FeatureColumnNames is { } names)
        {
            return (nameof(options.FeatureColumnNames), $"[{string.Join(", ", names)}]",
                $"concatenate the columns and name the result as {nameof(options.FeatureColumnName)}");
        }

        (bool Stands, string Option, object Value, string Remedy)[] table =
        [
            ((options.SetFeatureScaling ?? FeatureScaling.None) != FeatureScaling.None,
                nameof(options.FeatureScaling), options.FeatureScaling, "leave it out"),
            ((options.SetMissingValues ?? MissingValues.Reject) != MissingValues.Reject,
                nameof(options.MissingValues), options.MissingValues, "leave it out"),
            (options.NumericEmbedding != NumericEmbedding.None,
                nameof(options.NumericEmbedding), options.NumericEmbedding, $"set it to {NumericEmbedding.None}"),
            (options.ScaleLayer, nameof(options.ScaleLayer), options.ScaleLayer, "set it to false"),
            (options.DataDrivenStart, nameof(options.DataDrivenStart), options.DataDrivenStart, "set it to false"),
            (options.Parametrization != Parametrization.Standard,
                nameof(options.Parametrization), options.Parametrization, $"set it to {Parametrization.Standard}"),
            (options.Members > 1, nameof(options.Members), options.Members, "set it to 1"),
            (options.Bags > 1, nameof(options.Bags), options.Bags, "set it to 1"),
        ];
        (bool stands, string option, object value, string remedy) = Array.Find(table, row => row.Stands);
        return stands ? (option, string.Create(CultureInfo.InvariantCulture, $"{value}"), remedy) : null;
    }

    /// <summary>Weights are those of one kind of first layer.</summary>
    private string? IdleSparse(Network? previous)
    {
        if (previous is null || options.SparseFeatures == SparseFeatures.Auto)
        {
            return null;
        }

        SparseFeatures kept = previous.Bag is null ? SparseFeatures.Dense : SparseFeatures.EmbeddingBag;
        return kept == options.SparseFeatures
            ? null
            : $"{nameof(options.SparseFeatures)} is {options.SparseFeatures}, but the previous model reads features as {kept}, which is "
                + $"kept, so that it changes nothing. Set {nameof(options.SparseFeatures)} to {kept}, or train without a previous model.";
    }
}
