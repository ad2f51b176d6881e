using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What the trainers of multilayer perceptrons let choose besides what those of all families do: the features and the layers that
/// read them.</summary>
/// <remarks>
/// Each hidden layer computes y = f(x·Wᵀ + b), or y = f(norm(x·Wᵀ + b)) where <see cref="Normalization"/> asks for it; the last layer
/// computes x·Wᵀ + b. By default features are scaled by median and quartiles and gaps in them are filled, hidden layers are 256 and 128
/// wide, and their function is SiLU, without normalization.
/// </remarks>
public abstract partial class MlpTrainerOptions : NetworkTrainerOptions
{
    // Those that were set; else the usual ones that were last given out, to which a binder may have added.
    private LayerWidths? _hiddenLayers;
    private bool _hiddenLayersAreSet;
    private FeatureScaling? _featureScaling;
    private MissingValues? _missingValues;
    private ActivationKind? _activation;
    private float? _dropout;

    private protected MlpTrainerOptions()
    {
    }

    /// <summary>
    /// Settings that belong together, for all options that are not set; one that is set, before or after, counts as it is set. All
    /// of 256 epochs run, of three layers of 256, so that it takes much longer than the defaults.
    /// </summary>
    /// <remarks>It is the first property, since binders of configurations set properties in order, and those they found nothing for to what
    /// they are.</remarks>
    [Choice(MlpPreset.None, MlpPreset.RealMlpSimple, MlpPreset.RealMlp)]
    public MlpPreset Preset { get; set; }

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
    /// column is learned as an embedding, 8 numbers (fewer where no column has as many levels), so that a column of 10,000 levels costs
    /// 80,000 numbers of the model and one number of a row. Null for none. Scaling and treatment of missing features do not touch them.
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

    /// <summary>Width of each hidden layer, from 1 to 1048576; empty for a linear model. Assigned widths are copied. Behind an embedding
    /// bag (<see cref="SparseFeatures"/>) there are those alone that are set.</summary>
    public LayerWidths HiddenLayers
    {
        get => HiddenLayersAreSet ? _hiddenLayers! : _hiddenLayers = [.. Usual.HiddenLayers];
        set
        {
            // A binder of configurations sets a list that it was given back, also where it read nothing.
            if (HiddenLayersAreSet || value is null || !ReferenceEquals(value, _hiddenLayers))
            {
                (_hiddenLayers, _hiddenLayersAreSet) = (value is null ? null : [.. value], true);
            }
        }
    }

    /// <summary>The function behind each hidden layer.</summary>
    [Choice(
        ActivationKind.Relu,
        ActivationKind.Gelu,
        ActivationKind.GeluErf,
        ActivationKind.Silu,
        ActivationKind.Tanh,
        ActivationKind.Sigmoid,
        ActivationKind.Mish,
        ActivationKind.Selu)]
    public ActivationKind Activation
    {
        get => _activation ?? Usual.Activation;
        set => _activation = value;
    }

    /// <summary>What stands before each hidden layer's activation function. <see cref="NormalizationKind.LayerNorm"/> keeps the values of
    /// deep or wide networks in range.</summary>
    [Choice(NormalizationKind.None, NormalizationKind.LayerNorm, NormalizationKind.BatchNorm)]
    public NormalizationKind Normalization { get; set; } = NormalizationKind.None;

    /// <summary>Share of a hidden layer's outputs that each training step drops, the others being multiplied by 1/(1 − share); from 0,
    /// none, to below 1.</summary>
    [Range(0.0, 0.5)]
    public float Dropout
    {
        get => _dropout ?? Usual.Dropout;
        set => _dropout = value;
    }

    /// <summary>Whether hidden layers as wide as their input compute x + f(x) instead of f(x), which lets deep networks learn. Where no
    /// layer is, the log says that it changes nothing.</summary>
    [BooleanChoice(defaultValue: false)]
    public bool Residual { get; set; }

    /// <summary>
    /// How many networks learn together, each with its own loss: their mean, of probabilities or of numbers, is the model's answer, and
    /// what validation measures. They share the weights of the hidden layers, so that of 32 a graphics card makes one large product, or are
    /// independent networks, of which it makes a batch of products; see <see cref="MemberKind"/> for what each has of its own. 1 for a
    /// single network; up to 128.
    /// </summary>
    /// <remarks>A step costs nearly as many times the work and the memory of activations, which a card of today hardly notices and a CPU
    /// does: there 4 to 8 are many. Not with batch normalization, whose statistics would mix members. Members with all weights of their own
    /// step as single networks do, but for what looks at all gradients together: <see cref="NetworkTrainerOptions.ClipNorm"/>, and a
    /// step skipped for a value that is not finite.</remarks>
    public int Members { get; set; } = 1;

    /// <summary>What <see cref="Members"/> have of their own.</summary>
    public MemberKind MemberKind { get; set; } = MemberKind.TabM;

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

    /// <summary>Whether widths were set.</summary>
    internal bool HiddenLayersAreSet => _hiddenLayersAreSet || _hiddenLayers is { IsWhole: false };

    /// <inheritdoc/>
    internal override NetworkTrainerOptions Copy()
    {
        var copy = (MlpTrainerOptions)base.Copy();
        copy._hiddenLayers = null;
        if (HiddenLayersAreSet)
        {
            copy.HiddenLayers = HiddenLayers;
        }
        copy.FeatureColumnNames = FeatureColumnNames is null ? null : [.. FeatureColumnNames];
        copy.CategoricalColumnNames = CategoricalColumnNames is null ? null : [.. CategoricalColumnNames];
        return copy;
    }

    /// <inheritdoc/>
    internal override NetworkFamily CreateFamily() => new MlpFamily(this);
}
