using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>A multilayer perceptron's shape: all that a saved model needs beside the weights.</summary>
/// <param name="Inputs">Columns of the features.</param>
/// <param name="HiddenLayers">Width of each hidden layer; empty for a linear model.</param>
/// <param name="Activation">Behind each hidden layer.</param>
/// <param name="Outputs">Classes.</param>
/// <param name="Normalization">Before each hidden layer's activation; left out of JSON where there is none, as in models saved before it existed.</param>
internal sealed record NetworkDefinition(
    int Inputs,
    IReadOnlyList<int> HiddenLayers,
    ActivationKind Activation,
    int Outputs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] NormalizationKind Normalization = NormalizationKind.None)
{
    /// <summary>Throws unless every size is positive, the activation exists, and the weights can be addressed.</summary>
    /// <exception cref="InvalidDataException">What is wrong.</exception>
    public void Validate()
    {
        if (HiddenLayers is null || Inputs < 1 || Outputs < 1 || HiddenLayers.Any(width => width < 1) || !Enum.IsDefined(Activation) || !Enum.IsDefined(Normalization))
        {
            throw new InvalidDataException($"The network {this} is not valid: sizes must be positive the activation one of {string.Join(", ", Enum.GetNames<ActivationKind>())}, the normalization one of {string.Join(", ", Enum.GetNames<NormalizationKind>())}.");
        }

        int inputs = Inputs;
        foreach (int outputs in HiddenLayers.Append(Outputs))
        {
            if ((long)inputs * outputs > Array.MaxLength)
            {
                throw new InvalidDataException($"A layer of {inputs} × {outputs} weights is larger than {Array.MaxLength}; use narrower layers.");
            }

            inputs = outputs;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{string.Join("-", new[] { Inputs }.Concat(HiddenLayers ?? []).Append(Outputs))}, {Activation}{(Normalization == NormalizationKind.None ? "" : $", {Normalization}")}";
}
