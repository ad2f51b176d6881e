using System.Globalization;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks.Families;

/// <summary>
/// A multilayer perceptron: from options to a <see cref="NetworkSpec"/>. Layers are named <c>hidden.0</c>, <c>hidden.1</c>, …,
/// <c>output</c>; a hidden layer is product → normalisation (<c>hidden.0.norm</c>) → activation → dropout.
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
    bool Parametric = false)
{
    /// <summary>The name of its input.</summary>
    private const string Features = "features";

    /// <summary>Bins of a feature.</summary>
    private const int Bins = 16;

    private int Width => (Indicated?.Count ?? 0) + (Inputs * Embedding switch
    {
        NumericEmbedding.None => 1,
        NumericEmbedding.Periodic => PeriodicParameters.Columns,
        NumericEmbedding.PiecewiseLinear => Bins,
        _ => throw UnknownValue.Of(Embedding),
    });

    /// <summary>The network as data; sizes are checked where it is made.</summary>
    /// <exception cref="InvalidDataException">It has more layers than a network may have.</exception>
    public NetworkSpec ToSpec()
    {
        if (HiddenLayers.Count >= SpecLimits.MostLayers)
        {
            throw new InvalidDataException($"There are {HiddenLayers.Count} hidden layers; a network has at most "
                + $"{SpecLimits.MostLayers} layers.");
        }

        var layers = new List<LayerSpec>();
        layers.AddRange(Front());
        int inputs = Width;
        for (int i = 0; i < HiddenLayers.Count; i++)
        {
            int outputs = HiddenLayers[i];
            LayerSpec[] block = [.. Block($"hidden.{i}", outputs)];
            layers.AddRange(Residual && inputs == outputs ? [new ResidualSpec($"hidden.{i}.residual", block)] : block);
            inputs = outputs;
        }

        return new NetworkSpec(
            [new NumbersInput(Features, Inputs, Scaling: Scaling, Missing: Missing, Indicated: Indicated)],
            [.. layers, new LinearSpec("output", Outputs)]);
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
        switch (Embedding)
        {
            case NumericEmbedding.None:
                break;
            case NumericEmbedding.Periodic:
                yield return new PeriodicEmbeddingSpec("embedding", Inputs);
                break;
            case NumericEmbedding.PiecewiseLinear:
                yield return new PiecewiseLinearSpec("embedding", Inputs, Bins);
                break;
            default:
                throw UnknownValue.Of(Embedding);
        }

        if (ScaleLayer)
        {
            yield return new FeatureScaleSpec("scale");
        }
    }

    private IEnumerable<LayerSpec> Block(string name, int outputs)
    {
        yield return new LinearSpec(name, outputs);
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

        if (Dropout != 0)
        {
            yield return new DropoutSpec(name + ".dropout", Dropout);
        }
    }
}
