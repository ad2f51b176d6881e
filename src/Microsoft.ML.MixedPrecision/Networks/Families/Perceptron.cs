using System.Globalization;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks.Families;

/// <summary>
/// A multilayer perceptron: from options to a <see cref="NetworkSpec"/>. Layers are named <c>hidden.0</c>, <c>hidden.1</c>, …,
/// <c>output</c>; a hidden layer is product → normalisation (<c>hidden.0.norm</c>) → activation → dropout. With members, an example becomes
/// a row for each (<c>members</c>), the factors of TabM stand around the products (<c>hidden.1.input</c>, <c>hidden.0.members</c>) or the
/// products are each member's own, the last layer always is, and the network's output is their mean (<c>mean</c>). Embeddings of categories
/// stand ahead of all (<c>categories</c>), as does what sums up sparse features (<c>bag</c>).
/// </summary>
/// <param name="Inputs">Columns of the features.</param>
/// <param name="HiddenLayers">Width of each hidden layer; empty for a linear model.</param>
/// <param name="Activation">Behind each hidden layer.</param>
/// <param name="Outputs">Columns of the output: the classes, 1 for yes or no, or the numbers of a label.</param>
/// <param name="Normalization">Before each hidden layer's activation.</param>
/// <param name="Residual">Whether a hidden layer as wide as its input adds that input to its output.</param>
/// <param name="Dropout">Share of a hidden layer's outputs that training drops, in [0, 1).</param>
/// <param name="Scaling">What is done to features before the first layer.</param>
/// <param name="Missing">What is done where features are missing.</param>
/// <param name="Indicated">Features with an indicator of gaps, which the first layer reads too; null for none.</param>
/// <param name="Embedding">What is made of each feature before the first layer.</param>
/// <param name="ScaleLayer">Whether a learned factor of each number that the first hidden layer reads stands before it.</param>
/// <param name="Parametric">Whether how much of the activation each unit takes is learned.</param>
/// <param name="Members">Members of the ensemble; 1 for a single network.</param>
/// <param name="MemberKind">What members have of their own.</param>
/// <param name="Average">What of the members is averaged.</param>
/// <param name="Categories">Levels of the categories that the last features are, of which a layer <c>categories</c> makes embeddings; null
/// for none.</param>
/// <param name="IsSparse">Whether features are nearly all 0 and read as the others alone, by a layer <c>bag</c>.</param>
internal sealed record Perceptron(
    int Inputs,
    IReadOnlyList<int> HiddenLayers,
    ActivationKind Activation,
    int Outputs,
    NormalizationKind Normalization = NormalizationKind.None,
    bool Residual = false,
    float Dropout = 0f,
    FeatureScaling Scaling = FeatureScaling.None,
    MissingValues Missing = MissingValues.Reject,
    IReadOnlyList<int>? Indicated = null,
    NumericEmbedding Embedding = NumericEmbedding.None,
    bool ScaleLayer = false,
    bool Parametric = false,
    int Members = 1,
    MemberKind MemberKind = MemberKind.TabM,
    MemberMeanKind Average = MemberMeanKind.Mean,
    IReadOnlyList<int>? Categories = null,
    bool IsSparse = false)
{
    /// <summary>Slots beyond which the bag has half as many columns, so that it takes no more memory than linear models of several
    /// classes do.</summary>
    private const int ManySlots = 1 << 18;

    /// <summary>Bins of a feature.</summary>
    private const int Bins = 16;

    /// <summary>Features that are no categories.</summary>
    private int Numbers => Inputs - (Categories?.Count ?? 0);

    /// <summary>What it reads.</summary>
    private NumbersInput Input => NumbersInput.OfTable(Inputs, Scaling, Missing, Indicated, Categories) with { IsSparse = IsSparse };

    /// <summary>Columns of the bag. Chosen by log-loss on glosses and mails.</summary>
    private int BagColumns => Inputs > ManySlots ? 16 : 32;

    /// <summary>Columns that the first product reads.</summary>
    private int Width => IsSparse ? BagColumns : (Indicated?.Count ?? 0) + (Numbers * Embedding switch
    {
        NumericEmbedding.None => 1,
        NumericEmbedding.Periodic => PeriodicParameters.Columns,
        NumericEmbedding.PiecewiseLinear => Bins,
        _ => throw UnknownValue.Of(Embedding),
    }) + (Categories is null ? 0 : Categories.Count * CategoryEmbeddingSpec.ColumnsFor(Categories));

    /// <summary>Whether there are members: linear models of the same rows would all learn the same.</summary>
    private bool HasMembers => Members > 1 && HiddenLayers.Count > 0;

    /// <summary>Whether hidden layers are each member's own.</summary>
    private bool HasIndependentMembers => HasMembers && MemberKind == MemberKind.Independent;

    /// <summary>Whether hidden layers have factors for each member.</summary>
    private bool ScalesMembers => HasMembers && MemberKind == MemberKind.TabM;

    /// <summary>The network as data; sizes are checked where it is made.</summary>
    /// <exception cref="InvalidDataException">It has more layers than a network may have.</exception>
    public NetworkSpec ToSpec()
    {
        if (HiddenLayers.Count >= SpecLimits.MostLayers)
        {
            throw new InvalidDataException($"There are {HiddenLayers.Count} hidden layers; a network has at most "
                + $"{SpecLimits.MostLayers} layers.");
        }

        List<LayerSpec> layers = [.. Front()];
        if (HasMembers)
        {
            layers.Add(new MemberSpreadSpec("members", Members, HasNoFactors: HasIndependentMembers));
        }


        for (int i = 0; i < HiddenLayers.Count; i++)
        {
            LayerSpec[] block = [.. Block(i)];
            layers.AddRange(IsResidual(i) ? [new ResidualSpec($"hidden.{i}.residual", block)] : block);
        }

        LayerSpec[] last = HasMembers
            ? [new MemberLinearSpec("output", Outputs), new MemberMeanSpec("mean", Average)]
            : [new LinearSpec("output", Outputs)];
        return new NetworkSpec(
            [Input],
            [.. layers, .. last]);
    }

    /// <summary>What was asked for and changes nothing: a sentence or two for each, with the value, what there is, and what to
    /// do.</summary>
    public IEnumerable<string> IdleWishes()
    {
        if (Residual && !HiddenLayers.Prepend(Width).Zip(HiddenLayers).Any(pair => pair.First == pair.Second))
        {
            yield return $"Residual is true, but no hidden layer of {string.Join("-", HiddenLayers.Prepend(Width))} is as wide as its "
                + $"input, so that it changes nothing. Repeat a width in HiddenLayers, for example [256, 256].";
        }

        if (HiddenLayers.Count > 0)
        {
            yield break;
        }

        if (Dropout > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Dropout is {Dropout}, but HiddenLayers is empty, so "
                + $"that there is nothing to drop and it changes nothing. Add a hidden layer, or leave Dropout at 0.");
        }

        if (Parametric)
        {
            yield return "ParametricActivation is true, but HiddenLayers is empty, so that there is no activation and it changes nothing. "
                + "Add a hidden layer, or leave ParametricActivation at false.";
        }

        if (Normalization != NormalizationKind.None)
        {
            yield return $"Normalization is {Normalization}, but HiddenLayers is empty, so that there is nothing to normalize "
                + $"and it changes nothing. Add a hidden layer, or leave Normalization at None.";
        }
    }

    /// <summary>What stands before the first product.</summary>
    private IEnumerable<LayerSpec> Front()
    {
        if (IsSparse)
        {
            yield return new EmbeddingBagSpec("bag", BagColumns);
        }

        if (Categories is not null)
        {
            yield return new CategoryEmbeddingSpec("categories", CategoryEmbeddingSpec.ColumnsFor(Categories));
        }

        switch (Numbers == 0 ? NumericEmbedding.None : Embedding)
        {
            case NumericEmbedding.None:
                break;
            case NumericEmbedding.Periodic:
                yield return new PeriodicEmbeddingSpec("embedding", Numbers);
                break;
            case NumericEmbedding.PiecewiseLinear:
                yield return new PiecewiseLinearSpec("embedding", Numbers, Bins);
                break;
            default:
                throw UnknownValue.Of(Embedding);
        }

        if (ScaleLayer)
        {
            yield return new FeatureScaleSpec("scale");
        }
    }

    private bool IsResidual(int i) => Residual && HiddenLayers[i] == (i == 0 ? Width : HiddenLayers[i - 1]);

    /// <summary>Whether the factors of a layer's inputs stand at the end of the layer before, where they cost no pass over the rows of
    /// their own; not where a sum of a residual block stands between.</summary>
    private bool IsScaledBefore(int i) => i > 0 && i < HiddenLayers.Count && !IsResidual(i) && !IsResidual(i - 1);

    private IEnumerable<LayerSpec> Block(int i)
    {
        string name = $"hidden.{i}";
        if (ScalesMembers && i > 0 && !IsScaledBefore(i))
        {
            yield return InputScale(i);
        }

        yield return HasIndependentMembers
            ? new MemberLinearSpec(name, HiddenLayers[i])
            : new LinearSpec(name, HiddenLayers[i], HasNoBias: ScalesMembers);
        if (ScalesMembers)
        {
            yield return new MemberScaleSpec(name + ".members", HasBias: true);
        }

        switch (Normalization)
        {
            case NormalizationKind.None:
                break;
            case NormalizationKind.LayerNorm:
                yield return new LayerNormSpec(name + ".norm");
                break;
            case NormalizationKind.BatchNorm:
                yield return new BatchNormSpec(name + ".norm");
                break;
            default:
                throw UnknownValue.Of(Normalization);
        }

        if (Activation != ActivationKind.None)
        {
            yield return Parametric
                ? new ParametricActivationSpec(name + ".activation", Activation)
                : new ActivationSpec(name + ".activation", Activation);
        }

        // Before the dropout, which does not mind.
        if (ScalesMembers && IsScaledBefore(i + 1))
        {
            yield return InputScale(i + 1);
        }

        if (Dropout != 0)
        {
            yield return new DropoutSpec(name + ".dropout", Dropout);
        }
    }

    private static MemberScaleSpec InputScale(int i) => new($"hidden.{i}.input");
}
