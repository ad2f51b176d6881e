using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>The layers of a <see cref="NetworkDefinition"/> with their parameters. Layers are named <c>hidden.0</c>, <c>hidden.1</c>, …,
/// <c>output</c>, normalisations <c>hidden.0.norm</c>, …;
/// a hidden layer is product → normalisation → activation → dropout.</summary>
internal sealed class Network
{
    private readonly List<Linear> _linears = [];
    private readonly List<INormalization> _norms = [];

    /// <summary>Builds the layers, parameters zero.</summary>
    /// <exception cref="InvalidDataException">The definition is not valid.</exception>
    public Network(NetworkDefinition definition)
    {
        definition.Validate();
        Definition = definition;
        var blocks = new List<Layer>();
        int inputs = definition.Inputs;
        for (int i = 0; i < definition.HiddenLayers.Count; i++)
        {
            int outputs = definition.HiddenLayers[i];
            Layer block = Block($"hidden.{i}", inputs, outputs);
            blocks.Add(definition.Residual && inputs == outputs ? new Residual($"hidden.{i}.residual", block) : block);
            inputs = outputs;
        }

        blocks.Add(Add(new Linear("output", inputs, definition.Outputs)));
        Body = new Sequential([.. blocks]);
        Parameters = [.. Body.Parameters];
        Stored = [.. Parameters, .. Body.States];
        Scaling = definition.Scaling switch
        {
            FeatureScaling.None => null,
            FeatureScaling.Standard => new FeatureScaler(definition.Inputs),
            _ => throw UnknownValue.Of(definition.Scaling),
        };
    }

    /// <summary>The shape.</summary>
    public NetworkDefinition Definition { get; }

    /// <summary>From features to logits.</summary>
    public Layer Body { get; }

    /// <summary>All parameters in forward order.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The last layer.</summary>
    public Linear OutputLayer => _linears[^1];

    /// <summary>What layers have: the parameters, then what they learn without gradient.</summary>
    public IReadOnlyList<StoredMatrix> Stored { get; }

    /// <summary>What is done to features before <see cref="Body"/> reads them; null for nothing.</summary>
    public FeatureScaler? Scaling { get; }

    /// <summary>All that is saved: <see cref="Stored"/>, then the scaling of features.</summary>
    public IReadOnlyList<StoredMatrix> Saved => Scaling is null ? Stored : [.. Stored, Scaling.Shift, Scaling.Factor];

    /// <summary>How features are stored: in the operand format of the first product, which reads them.</summary>
    public NumericFormat FeatureFormat(PrecisionPolicy policy)
        => policy.Decide(OperationKind.MatrixProduct, _linears[0].Name).Format.Storage();

    /// <summary>The formats that a policy gives to what training computes, layer by layer.</summary>
    public IReadOnlyList<PlannedFormat> Formats(PrecisionPolicy policy)
        => new NetworkPlan(this, new PlanBuilder(policy, training: true)).Builder.Formats;

    /// <summary>Takes the weights, what layers have learnt without gradient, and the scaling of features of a network of the same
    /// <see cref="NetworkDefinition.Shape"/>.</summary>
    /// <param name="other">The network; it scales features as this one does.</param>
    /// <exception cref="InvalidOperationException">It has another shape.</exception>
    public void CopyFrom(Network other)
    {
        if (other.Definition.Shape != Definition.Shape)
        {
            throw new InvalidOperationException($"The previous model is {other.Definition.Shape}; training asks for "
                + $"{Definition.Shape}. Set HiddenLayers, Activation, Normalization and Residual as they were, and give data with the "
                + $"same features and labels, or train without a previous model.");
        }

        foreach ((StoredMatrix to, StoredMatrix from) in Saved.Zip(other.Saved))
        {
            from.Values.CopyTo(to.Values, 0);
        }
    }

    /// <summary>Draws starting weights.</summary>
    /// <param name="seed">The same seed gives the same bits on every machine and engine.</param>
    public void Initialize(int seed)
    {
        for (int i = 0; i < _linears.Count; i++)
        {
            bool last = i == _linears.Count - 1;
            WeightInitializer.Fill(_linears[i].Weight, last ? ActivationKind.None : Definition.Activation, seed, i);
            Array.Clear(_linears[i].Bias.Values);
        }

        foreach (INormalization norm in _norms)
        {
            norm.Initialize();
        }
    }

    /// <summary>A hidden layer.</summary>
    private Sequential Block(string name, int inputs, int outputs)
    {
        var layers = new List<Layer> { Add(new Linear(name, inputs, outputs)) };
        switch (Definition.Normalization)
        {
            case NormalizationKind.LayerNorm:
                layers.Add(Add(new LayerNorm(name + ".norm", outputs)));
                break;
            case NormalizationKind.BatchNorm:
                layers.Add(Add(new BatchNorm(name + ".norm", outputs)));
                break;
            case NormalizationKind.None:
                break;
            default:
                throw UnknownValue.Of(Definition.Normalization);
        }

        layers.Add(new Activation(name + ".activation", Definition.Activation));
        layers.Add(new Dropout(name + ".dropout", Definition.Dropout));
        return new Sequential([.. layers]);
    }

    private Linear Add(Linear linear)
    {
        _linears.Add(linear);
        return linear;
    }

    private TNorm Add<TNorm>(TNorm norm)
        where TNorm : INormalization
    {
        _norms.Add(norm);
        return norm;
    }
}
