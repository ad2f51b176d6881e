using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What the trainers that read tables let choose besides what those of all families do: the columns of features and categories,
/// and what is done to them before the network reads them.</summary>
public abstract class TableTrainerOptions : NetworkTrainerOptions
{
    private FeatureScaling? _featureScaling;
    private MissingValues? _missingValues;

    private protected TableTrainerOptions()
    {
    }

    /// <summary>Column of the features, a vector of Single of known size.</summary>
    public string FeatureColumnName { get; set; } = DefaultColumnNames.Features;

    /// <summary>
    /// Columns of the features, where they are several; null for the one of <see cref="FeatureColumnName"/>. Vectors of Single of known
    /// size, single numbers of any type and Booleans (0 or 1) are read as one vector in this order, without a step of the pipeline. Slots
    /// are named as <c>Concatenate</c> names them: <c>Age</c>, <c>City.Berlin</c>; what is noted of one-hot slots is kept.
    /// </summary>
    public IReadOnlyList<string>? FeatureColumnNames { get; set; }

    /// <summary>
    /// Columns of categories, beside those of the features: keys, or vectors of keys, as <c>MapValueToKey</c> makes them. Each level of a
    /// column is learned as an embedding: of a perceptron 8 numbers (fewer where no column has as many levels), so that a column of 10,000
    /// levels costs 80,000 numbers of the model and one number of a row; of a Transformer a token,
    /// <see cref="TabularTransformerTrainerOptions.Width"/> numbers. Null for none. Scaling and treatment of missing features do
    /// not touch them.
    /// </summary>
    /// <remarks>A missing key is a level of its own where training met it. One that training did not meet, and a level of the key that no
    /// training row has, adds nothing: all numbers of its embedding are 0. With <see cref="FeatureColumnNames"/> <c>[]</c> there are
    /// categories alone.</remarks>
    public IReadOnlyList<string>? CategoricalColumnNames { get; set; }

    /// <summary>
    /// What is done to features before the network reads them, as a part of the model: by default they are brought to their median and
    /// quartiles (<see cref="FeatureScaling.Robust"/>), which makes normalising in the pipeline unnecessary. A model that training goes
    /// on from keeps what it has, whatever is set here; a warning says so where something else was asked for.
    /// </summary>
    /// <remarks>
    /// Rows are read once. To be scaled before they are rounded they are read in Float32, twice the bytes of a 16-bit format, and brought
    /// to the format that the network computes in
    /// chunk by chunk, before the plan of training takes its memory; with Float32 nothing is held twice.
    /// <see cref="NetworkTrainerOptions.MemoryLimit"/> counts both.
    /// </remarks>
    [Choice(FeatureScaling.Standard, FeatureScaling.Robust, FeatureScaling.None)]
    public FeatureScaling FeatureScaling
    {
        get => _featureScaling ?? Usual.FeatureScaling;
        set => _featureScaling = value;
    }

    /// <summary>
    /// What is done with missing features, NaN, as a part of the model: by default they are filled by medians, and the network is told
    /// where. With <see cref="MissingValues.Reject"/> training refuses them, naming the first. A model that training goes
    /// on from keeps what it has; a warning says so where something else was asked for.
    /// </summary>
    /// <remarks>Rows are then read in Float32, as for <see cref="FeatureScaling"/>. The log says how many values of which slots were
    /// missing.</remarks>
    [Choice(MissingValues.Reject, MissingValues.ImputeAndIndicate)]
    public MissingValues MissingValues
    {
        get => _missingValues ?? Usual.MissingValues;
        set => _missingValues = value;
    }

    /// <summary>
    /// What the trained model does with a row to score whose features hold NaN or an infinity: by default its scores are NaN, and a warning
    /// counts such rows. The
    /// transformer keeps it, where it can be changed. Training refuses such rows always. NaN that <see cref="MissingValues"/> fills is not
    /// meant.
    /// </summary>
    public InvalidFeatures InvalidFeatures { get; set; }

    /// <summary><see cref="FeatureScaling"/> as it was set; null where it was not.</summary>
    internal FeatureScaling? SetFeatureScaling => _featureScaling;

    /// <summary><see cref="MissingValues"/> as it was set; null where it was not.</summary>
    internal MissingValues? SetMissingValues => _missingValues;

    /// <inheritdoc/>
    internal override NetworkTrainerOptions Copy()
    {
        var copy = (TableTrainerOptions)base.Copy();
        copy.FeatureColumnNames = FeatureColumnNames is null ? null : [.. FeatureColumnNames];
        copy.CategoricalColumnNames = CategoricalColumnNames is null ? null : [.. CategoricalColumnNames];
        return copy;
    }
}
