using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>The layers of a <see cref="NetworkDefinition"/> with their parameters. Layers are named <c>hidden.0</c>, <c>hidden.1</c>, …, <c>output</c>.</summary>
internal sealed class Network
{
    private readonly Linear[] _linears;

    /// <summary>Builds the layers, parameters zero.</summary>
    /// <exception cref="InvalidDataException">The definition is not valid.</exception>
    public Network(NetworkDefinition definition)
    {
        definition.Validate();
        Definition = definition;
        var layers = new List<Layer>();
        int inputs = definition.Inputs;
        for (int i = 0; i < definition.HiddenLayers.Count; i++)
        {
            layers.Add(new Linear($"hidden.{i}", inputs, definition.HiddenLayers[i]));
            inputs = definition.HiddenLayers[i];
            layers.Add(new Activation($"hidden.{i}.activation", inputs, definition.Activation));
        }

        layers.Add(new Linear("output", inputs, definition.Outputs));
        _linears = [.. layers.OfType<Linear>()];
        Body = new Sequential([.. layers]);
        Parameters = [.. Body.Parameters];
    }

    /// <summary>The shape.</summary>
    public NetworkDefinition Definition { get; }

    /// <summary>From features to logits.</summary>
    public Layer Body { get; }

    /// <summary>All parameters in forward order.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>How features are stored: in the operand format of the first product, which is all that reads them.</summary>
    public NumericFormat FeatureFormat(PrecisionPolicy policy)
        => policy.Decide(OperationKind.MatrixProduct, _linears[0].Name).Format.Storage();

    /// <summary>Draws starting weights.</summary>
    /// <param name="seed">The same seed gives the same bits on every machine and engine.</param>
    public void Initialize(int seed)
    {
        for (int i = 0; i < _linears.Length; i++)
        {
            bool last = i == _linears.Length - 1;
            WeightInitializer.Fill(_linears[i].Weight, last ? ActivationKind.None : Definition.Activation, seed, i);
            Array.Clear(_linears[i].Bias.Values);
        }
    }
}
