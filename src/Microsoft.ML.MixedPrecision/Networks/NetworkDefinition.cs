using System.Globalization;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>A multilayer perceptron's shape: all that a saved model needs beside the weights.</summary>
/// <param name="Inputs">Columns of the features.</param>
/// <param name="HiddenLayers">Width of each hidden layer; empty for a linear model.</param>
/// <param name="Activation">Behind each hidden layer.</param>
/// <param name="Outputs">Columns of the output: the classes, 1 for yes or no, or the numbers of a label.</param>
/// <param name="Normalization">Before each hidden layer's activation; left out of JSON where there is none, as in models saved before it
/// existed.</param>
/// <param name="Residual">Whether a hidden layer as wide as its input adds that input to its output; left out of JSON where not.</param>
/// <param name="Dropout">Share of a hidden layer's outputs that training drops, in [0, 1); left out of JSON where 0.</param>
/// <param name="Scaling">What is done to features before the first layer; left out of JSON where nothing is, as in models saved before it
/// existed.</param>
internal sealed record NetworkDefinition(
    int Inputs,
    IReadOnlyList<int> HiddenLayers,
    ActivationKind Activation,
    int Outputs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] NormalizationKind Normalization = NormalizationKind.None,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Residual = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] float Dropout = 0f,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] FeatureScaling Scaling = FeatureScaling.None)
{
    /// <summary>What a network's weights depend on, as text: dropout does not count, nor how features are scaled, nor residual connections
    /// that no layer has.</summary>
    [JsonIgnore]
    public string Shape => (this with { Dropout = 0, Scaling = FeatureScaling.None, Residual = Residual && HasResiduals }).ToString();

    /// <summary>Whether a hidden layer is as wide as its input.</summary>
    [JsonIgnore]
    public bool HasResiduals => HiddenLayers.Prepend(Inputs).Zip(HiddenLayers).Any(pair => pair.First == pair.Second);

    /// <summary>Whether a reader that knows neither residual connections nor batch normalization would misread it.</summary>
    [JsonIgnore]
    public bool NeedsSecondVersion => Residual || Normalization == NormalizationKind.BatchNorm;

    /// <summary>Whether a reader that does not scale features would misread it.</summary>
    [JsonIgnore]
    public bool NeedsThirdVersion => Scaling != FeatureScaling.None;

    /// <summary>Throws unless every size is positive, the activation exists, and the weights can be addressed.</summary>
    /// <exception cref="InvalidDataException">What is wrong.</exception>
    public void Validate()
    {
        if (HiddenLayers is null
            || Inputs < 1
            || Outputs < 1
            || HiddenLayers.Any(width => width < 1)
            || !Enum.IsDefined(Activation)
            || !Enum.IsDefined(Normalization)
            || !Enum.IsDefined(Scaling))
        {
            throw new InvalidDataException($"The network {this} is not valid: sizes must be positive, the activation one of "
                + $"{string.Join(", ", Enum.GetNames<ActivationKind>())}, the normalization one of "
                + $"{string.Join(", ", Enum.GetNames<NormalizationKind>())}, the scaling one of "
                + $"{string.Join(", ", Enum.GetNames<FeatureScaling>())}.");
        }

        if (!(Dropout >= 0 && Dropout < 1))
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"The network {this} drops a share of "
                + $"{Dropout}, which must be at least 0 and below 1."));
        }

        int inputs = Inputs;
        foreach (int outputs in HiddenLayers.Append(Outputs))
        {
            if ((long)inputs * outputs > Array.MaxLength)
            {
                throw new InvalidDataException($"A layer of {inputs} × {outputs} weights is larger than {Array.MaxLength}; use "
                    + $"narrower layers.");
            }

            inputs = outputs;
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string sizes = string.Join("-", new[] { Inputs }.Concat(HiddenLayers ?? []).Append(Outputs));
        string normalization = Normalization == NormalizationKind.None ? "" : $", {Normalization}";
        string dropout = Dropout == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", dropout {Dropout}");
        string residual = Residual ? ", residual" : "";
        string scaling = Scaling == FeatureScaling.None ? "" : $", features scaled ({Scaling})";
        return $"{sizes}, {Activation}{normalization}{dropout}{residual}{scaling}";
    }
}
