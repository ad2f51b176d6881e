using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Families that read a row of a table: numbers, which the network prepares, and categories.</summary>
internal abstract class TableFamily : NetworkFamily
{
    /// <summary>The options.</summary>
    protected abstract TableTrainerOptions Options { get; }

    /// <inheritdoc/>
    public override string FeatureColumn => ReadsSeveral ? FeatureColumnsEstimator.NameOf(Numbers, Categories) : Options.FeatureColumnName;

    private bool ReadsSeveral => Options.FeatureColumnNames is not null || Options.CategoricalColumnNames is not null;

    private IReadOnlyList<string> Numbers => Options.FeatureColumnNames ?? [Options.FeatureColumnName];

    private IReadOnlyList<string> Categories => Options.CategoricalColumnNames ?? [];

    /// <inheritdoc/>
    public override bool WantsNormalization => Options.FeatureScaling == FeatureScaling.None;

    /// <inheritdoc/>
    public override InvalidFeatures InvalidFeatures => Options.InvalidFeatures;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> OptionsWithoutEffect
        => [nameof(Options.FeatureColumnName), nameof(Options.FeatureColumnNames), nameof(Options.CategoricalColumnNames),
            nameof(Options.InvalidFeatures)];

    /// <inheritdoc/>
    public override IEstimator<ITransformer>? CreateMapper(IHostEnvironment env)
        => ReadsSeveral ? new FeatureColumnsEstimator(env, Numbers, Categories) : null;

    /// <summary>Checks the options of tables.</summary>
    /// <exception cref="ArgumentException">One is outside its range.</exception>
    protected void CheckTable()
    {
        CheckColumns();
        RequireDefined(Options.FeatureScaling, nameof(Options.FeatureScaling));
        RequireDefined(Options.MissingValues, nameof(Options.MissingValues));
        RequireDefined(Options.InvalidFeatures, nameof(Options.InvalidFeatures));
    }

    /// <summary>A sentence or two for each way to prepare features that was set, where a previous model's is kept.</summary>
    /// <param name="previous">The previous model's network; null for none.</param>
    protected IEnumerable<string?> IdlePreparation(Network? previous) => [IdleScaling(previous), IdleMissingValues(previous)];

    private void CheckColumns()
    {
        RequireName(Options.FeatureColumnName, nameof(Options.FeatureColumnName), DefaultColumnNames.Features);
        if (Options.CategoricalColumnNames is { } categories)
        {
            RequireNames(categories, nameof(Options.CategoricalColumnNames), "for none");
        }

        if (Options.FeatureColumnNames is { } names)
        {
            if (names.Count > 0 || Options.CategoricalColumnNames is null)
            {
                RequireNames(names, nameof(Options.FeatureColumnNames), $"for the column {nameof(Options.FeatureColumnName)}");
            }

            if (Options.FeatureColumnName != DefaultColumnNames.Features)
            {
                throw new ArgumentException($"{nameof(Options.FeatureColumnName)} is '{Options.FeatureColumnName}' and "
                    + $"{nameof(Options.FeatureColumnNames)} is [{string.Join(", ", names)}]; set one of them.",
                    nameof(Options.FeatureColumnNames));
            }
        }

        if (Numbers.Intersect(Categories).FirstOrDefault() is { } both && Options.CategoricalColumnNames is not null)
        {
            throw new ArgumentException($"{nameof(Options.CategoricalColumnNames)} and the columns of features both name '{both}'; name it "
                + "in one of them.", nameof(Options.CategoricalColumnNames));
        }
    }

    /// <summary>A first layer knows features as the previous model scales them.</summary>
    private string? IdleScaling(Network? previous)
    {
        if (previous is null || Options.SetFeatureScaling is null || previous.Spec.Scaling == Options.FeatureScaling)
        {
            return null;
        }

        string how = previous.Spec.Scaling == FeatureScaling.None ? "none" : $"its own, {previous.Spec.Scaling}";
        return $"{nameof(Options.FeatureScaling)} is {Options.FeatureScaling}, but the previous model's scaling of features is kept, "
            + $"and that is {how}, so that it changes nothing. Set {nameof(Options.FeatureScaling)} to {previous.Spec.Scaling}, "
            + "or train without a previous model.";
    }

    /// <summary>So it does the place of gaps.</summary>
    private string? IdleMissingValues(Network? previous)
    {
        MissingValues? kept = (previous?.Spec.Inputs[0] as NumbersInput)?.Missing;
        return kept is null || Options.SetMissingValues is null || kept == Options.MissingValues
            ? null
            : $"{nameof(Options.MissingValues)} is {Options.MissingValues}, but what the previous model does with gaps is kept, and that "
                + $"is {kept}, so that it changes nothing. Set {nameof(Options.MissingValues)} to {kept}, or train without a previous "
                + "model.";
    }
}
