using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>The layers of a <see cref="NetworkSpec"/> with their parameters.</summary>
internal sealed class Network
{
    private readonly SpecValue _input;
    private readonly Layer[] _leaves;

    /// <summary>Builds the layers, parameters zero.</summary>
    /// <exception cref="InvalidDataException">The spec describes no network.</exception>
    public Network(NetworkSpec spec)
    {
        var sizes = new NetworkSizes(spec);
        Spec = spec;
        _input = sizes.Input;
        Inputs = (int)spec.Inputs[0].Given;
        int categories = (spec.Inputs[0] as NumbersInput)?.Categories?.Count ?? 0;
        Numbers = Inputs - categories;
        Output = sizes.Output.Shape;
        Widest = sizes.Widest;
        MostSteps = sizes.Layers.Max(layer => layer.Spec is AttentionSpec ? layer.Output.Shape.Rows : 1);
        Body = LayerSpec.CreateAll(spec.Layers, sizes.Input);
        _leaves = [.. Body.Leaves];
        Parameters = [.. Body.Parameters];
        foreach (TiedLinear tied in _leaves.OfType<TiedLinear>())
        {
            tied.Tie(Parameters);
        }

        Stored = [.. Parameters, .. Body.States];
        Scaling = spec.Scaling switch
        {
            FeatureScaling.None => null,
            FeatureScaling.Standard => new FeatureScaler(spec.Inputs[0].Name, Numbers),
            FeatureScaling.Robust => new FeatureScaler(spec.Inputs[0].Name, Numbers, clips: true),
            _ => throw Tensors.UnknownValue.Of(spec.Scaling),
        };
        GapFiller? gaps = spec.Inputs[0] is NumbersInput { Missing: MissingValues.ImputeAndIndicate } numbers
            ? new GapFiller(numbers.Name, Numbers, numbers.Indicated ?? [])
            : null;
        Preparation = Scaling is null && gaps is null ? null : new InputPreparation(gaps, Scaling, categories);
    }

    /// <summary>What it was built from.</summary>
    public NetworkSpec Spec { get; }

    /// <summary>Numbers of an example that a caller gives; the first layer reads indicators of gaps besides.</summary>
    public int Inputs { get; }

    /// <summary>Those of them that are no categories, the first ones.</summary>
    public int Numbers { get; }

    /// <summary>The layer that reads the categories; null where there are none.</summary>
    public CategoryEmbedding? Categories => _leaves[0] as CategoryEmbedding;

    /// <summary>The input of tokens; null for one of another kind.</summary>
    public TokensInput? Tokens => Spec.Inputs[0] as TokensInput;

    /// <summary>The layer that reads sparse rows; null where rows are dense.</summary>
    public EmbeddingBag? Bag => _leaves[0] as EmbeddingBag;

    /// <summary>Numbers of an example that the forward pass of scoring begins with: those that a caller gives, or what the host has made of
    /// them by the <see cref="Bag"/>.</summary>
    public int ScoringInputs => Bag?.Columns ?? Inputs;

    /// <summary>Parameters that the forward pass of scoring reads.</summary>
    public IEnumerable<Parameter> ScoringParameters => Parameters.Where(parameter => parameter != Bag?.Table);

    /// <summary>Numbers that it gives for an example.</summary>
    public int Outputs => Output.Rows * Output.Columns;

    /// <summary>What it gives for an example.</summary>
    public Shape Output { get; }

    /// <summary>The most rows of an example that attention looks at: tokens of a text, or of columns; 1 without attention.</summary>
    public int MostSteps { get; }

    /// <summary>The most columns that any layer reads or gives.</summary>
    public int Widest { get; }

    /// <summary>From features to logits.</summary>
    public Layer Body { get; }

    /// <summary>All parameters in forward order.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Multiplications of an example in scoring: one for each parameter, and as many as there are members where these share it; of
    /// the <see cref="Bag"/>, which reads few of its rows, none.</summary>
    public double Multiplications
    {
        get
        {
            int members = _leaves.OfType<MemberSpread>().FirstOrDefault()?.Members ?? 1;
            return _leaves.Where(leaf => leaf is not EmbeddingBag).Sum(
                leaf => leaf.Parameters.Sum(parameter => (double)parameter.Values.Length) * (leaf is Linear or Product ? members : 1));
        }
    }

    /// <summary>Whether it has members that share no layer behind those that make numbers of features, and that learn each as if it were
    /// alone.</summary>
    public bool HasIndependentMembers => _leaves.OfType<MemberSpread>().Any(spread => spread.Scale is null);

    /// <summary>The last layer, but for a mean over members.</summary>
    /// <exception cref="InvalidOperationException">It is no product, or there are several.</exception>
    public IOutputLayer OutputLayer => OutputLayers is [var only]
        ? only
        : throw new InvalidOperationException($"The network is the mean of {OutputLayers.Count} networks; each has a last layer.");

    /// <summary>The last layers, but for means over members: several where it is the mean of several networks.</summary>
    /// <exception cref="InvalidOperationException">One is no product.</exception>
    public IReadOnlyList<IOutputLayer> OutputLayers => [.. Body.Ends.Select(layer => layer as IOutputLayer
        ?? throw new InvalidOperationException($"The last layer of {Spec} is no Linear, which a label's scores need; end with one."))];

    /// <summary>Whether it is the mean of networks that were trained apart.</summary>
    public bool IsEnsemble => Spec.Layers is [EnsembleSpec];

    /// <summary>What layers have: the parameters, then what they learn without gradient.</summary>
    public IReadOnlyList<StoredMatrix> Stored { get; }

    /// <summary>What is done to features before <see cref="Body"/> reads them; null for nothing.</summary>
    public InputPreparation? Preparation { get; }

    /// <summary>Of the <see cref="Preparation"/>, what scales; null for nothing.</summary>
    public FeatureScaler? Scaling { get; }

    /// <summary>All that is saved: <see cref="Stored"/>, then the preparation of features.</summary>
    public IReadOnlyList<StoredMatrix> Saved => [.. Stored, .. Preparation?.Stored ?? []];

    /// <summary>How features are stored: in the operand format of the first product where it reads them, else in Float32.</summary>
    public NumericFormat FeatureFormat(PrecisionPolicy policy) => _leaves[0].InputFormat(policy);

    /// <summary>What <see cref="Body"/> reads, for a plan.</summary>
    /// <param name="format">How numbers are stored.</param>
    /// <param name="longestRow">Entries that a sparse row has at most.</param>
    public Value Input(NumericFormat format, int longestRow = 1)
        => _input.IsSparse ? PlanBuilder.Input(Spec.Inputs[0].Name, Shape.Vector(longestRow), ElementKind.Entry)
            : _input.Vocabulary is null ? PlanBuilder.Input(Spec.Inputs[0].Name, _input.Shape, format)
            : PlanBuilder.Input(Spec.Inputs[0].Name, _input.Shape, ElementKind.Int32);

    /// <summary>The formats that a policy gives to what training computes, layer by layer.</summary>
    public IReadOnlyList<PlannedFormat> Formats(PrecisionPolicy policy)
        => new NetworkPlan(this, new PlanBuilder(policy, training: true)).Builder.Formats;

    /// <summary>Takes the weights, what layers have learnt without gradient, and the preparation of features of a network of the same
    /// <see cref="NetworkSpec.Function"/>.</summary>
    /// <param name="other">The network; it prepares features as this one does.</param>
    /// <exception cref="InvalidOperationException">It has another.</exception>
    public void CopyFrom(Network other)
    {
        if (other.Spec.Function != Spec.Function)
        {
            throw new InvalidOperationException($"The previous model is {other.Spec.Function}; training asks for {Spec.Function}. Set the "
                + $"options of the network (of a Transformer Layers, Width, Heads and FeedForward; else HiddenLayers, Activation, "
                + $"Normalization, Residual, Members and MemberKind) as they were, and give data with the same "
                + $"features and labels, or train without a previous model.");
        }

        foreach ((StoredMatrix to, StoredMatrix from) in Saved.Zip(other.Saved))
        {
            from.Values.CopyTo(to.Values, 0);
        }
    }

    /// <summary>Takes the preparation of features of a network of the same input.</summary>
    /// <param name="other">The network.</param>
    public void TakePreparation(Network other)
    {
        foreach ((StoredMatrix to, StoredMatrix from) in (Preparation?.Stored ?? []).Zip(other.Preparation?.Stored ?? []))
        {
            from.Values.CopyTo(to.Values, 0);
        }
    }

    /// <summary>Draws starting weights, and sets all else to its start.</summary>
    /// <param name="seed">The same seed gives the same bits on every machine and engine.</param>
    /// <param name="rules">Where parameters start; null for <see cref="ParameterRules.Default"/>.</param>
    /// <param name="isOutputAlone">Whether all layers but the last get their weights from elsewhere.</param>
    public void Initialize(int seed, ParameterRules? rules = null, bool isOutputAlone = false)
    {
        rules ??= ParameterRules.Default;
        ActivationKind[] following = new ActivationKind[_leaves.Length];
        ActivationKind next = ActivationKind.None;
        for (int i = _leaves.Length - 1; i >= 0; i--)
        {
            following[i] = next;
            next = _leaves[i].Function ?? (_leaves[i].DrawsWeights ? ActivationKind.None : next);
        }

        var weights = new WeightInitializer(seed, _leaves.OfType<MemberSpread>().Any(spread => spread.Scale is not null))
        {
            IsNeuralTangent = rules.Parametrization == Parametrization.NeuralTangent,
        };
        foreach ((Layer layer, ActivationKind behind) in _leaves.Zip(following))
        {
            if (!isOutputAlone || layer == OutputLayer)
            {
                layer.Initialize(weights, behind);
            }
        }

        if (rules.ZeroOutput)
        {
            Array.Clear(OutputLayer.Weight.Values);
        }
    }
}
