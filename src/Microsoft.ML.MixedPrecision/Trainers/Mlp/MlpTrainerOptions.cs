using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What the trainers of multilayer perceptrons let choose besides what those of all tables do: the layers that read the
/// features.</summary>
/// <remarks>
/// Each hidden layer computes y = f(x·Wᵀ + b), or y = f(norm(x·Wᵀ + b)) where <see cref="Normalization"/> asks for it; the last layer
/// computes x·Wᵀ + b. By default features are scaled by median and quartiles and gaps in them are filled, hidden layers are 256 and 128
/// wide, and their function is SiLU, without normalization.
/// </remarks>
public abstract partial class MlpTrainerOptions : TableTrainerOptions
{
    // Those that were set; else the usual ones that were last given out, to which a binder may have added.
    private LayerWidths? _hiddenLayers;
    private bool _hiddenLayersAreSet;
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

        return copy;
    }

    /// <inheritdoc/>
    internal override NetworkFamily CreateFamily() => new MlpFamily(this);
}
