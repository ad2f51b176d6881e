namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>A multilayer perceptron's shape: all that a saved model needs beside the weights.</summary>
/// <param name="Inputs">Columns of the features.</param>
/// <param name="HiddenLayers">Width of each hidden layer; empty for a linear model.</param>
/// <param name="Activation">Behind each hidden layer.</param>
/// <param name="Outputs">Classes.</param>
internal sealed record NetworkDefinition(int Inputs, IReadOnlyList<int> HiddenLayers, ActivationKind Activation, int Outputs)
{
    /// <summary>Throws unless every size is positive, the activation exists, and the weights can be addressed.</summary>
    /// <exception cref="InvalidDataException">What is wrong.</exception>
    public void Validate()
    {
        if (HiddenLayers is null || Inputs < 1 || Outputs < 1 || HiddenLayers.Any(width => width < 1) || !Enum.IsDefined(Activation))
        {
            throw new InvalidDataException($"The network {this} is not valid: sizes must be positive and the activation one of {string.Join(", ", Enum.GetNames<ActivationKind>())}.");
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
    public override string ToString() => $"{string.Join("-", new[] { Inputs }.Concat(HiddenLayers ?? []).Append(Outputs))}, {Activation}";
}
