using Microsoft.ML.MixedPrecision.Networks.Families;

namespace Microsoft.ML.MixedPrecision.Networks.Versions;

/// <summary>
/// What model files of the versions 1 to 3 hold in place of a <see cref="NetworkSpec"/>, read and never written: version 1 the first four
/// and a layer normalization, version 2 all but <paramref name="Scaling"/>, version 3 all. What a file leaves out it has not.
/// </summary>
/// <param name="Inputs">Columns of the features.</param>
/// <param name="HiddenLayers">Width of each hidden layer.</param>
/// <param name="Activation">Behind each hidden layer.</param>
/// <param name="Outputs">Columns of the output.</param>
/// <param name="Normalization">Before each hidden layer's activation.</param>
/// <param name="Residual">Whether a hidden layer as wide as its input adds that input to its output.</param>
/// <param name="Dropout">Share of a hidden layer's outputs that training dropped.</param>
/// <param name="Scaling">What is done to features before the first layer.</param>
internal sealed record PerceptronDefinition(
    int Inputs,
    IReadOnlyList<int> HiddenLayers,
    ActivationKind Activation,
    int Outputs,
    NormalizationKind Normalization = NormalizationKind.None,
    bool Residual = false,
    float Dropout = 0f,
    FeatureScaling Scaling = FeatureScaling.None)
{
    /// <summary>The same network.</summary>
    /// <exception cref="InvalidDataException">It has more layers than a network may have.</exception>
    public NetworkSpec ToSpec()
        => new Perceptron(Inputs, HiddenLayers, Activation, Outputs, Normalization, Residual, Dropout, Scaling).ToSpec();
}
