using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x·Eᵀ + b, row by row, with E (outputs, columns of x) the table of an embedding before it and b (1, outputs): what a token
/// means is learned once, for reading it and for predicting it. Source: O. Press and L. Wolf, "Using the Output Embedding to Improve
/// Language Models", 2017.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Outputs">Columns of y, as many as the table has rows.</param>
/// <param name="Table">Name of the embedding's layer.</param>
internal sealed record TiedLinearSpec(string Name, int Outputs, string Table) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(TiedLinear);

    /// <inheritdoc/>
    internal override int SinceVersion => SequencesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
        => Outputs >= 1
            ? new SpecValue(NumbersOf(input).WithColumns(Outputs))
            : throw Refusal($"has {Outputs} outputs; it must have at least 1.");

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) => [new(Name + ".bias", 1, Outputs)];

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Shared(SpecValue input) => [new(Table + ".weight", Outputs, input.Shape.Columns)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new TiedLinear(Name, Outputs, Table + ".weight");

    /// <inheritdoc/>
    public override LayerSpec Prefixed(string prefix) => this with { Name = prefix + Name, Table = prefix + Table };

    /// <inheritdoc/>
    protected override string Text => $"Linear {Outputs} with the weights of '{Table}'";
}

/// <summary>y = x·Eᵀ + b, E another layer's table, which <see cref="Tie"/> names before anything is built.</summary>
/// <param name="name">Name of the layer.</param>
/// <param name="outputs">Columns of y.</param>
/// <param name="table">Name of the table.</param>
internal sealed class TiedLinear(string name, int outputs, string table) : Layer, IOutputLayer
{
    private Parameter? _table;

    /// <inheritdoc/>
    public string Name => name;

    /// <summary>E (outputs, inputs).</summary>
    public Parameter Weight => _table ?? throw new InvalidOperationException($"Layer '{name}' has not been tied to '{table}'.");

    /// <summary>b (1, outputs).</summary>
    public Parameter Bias { get; } = new Parameter(name + ".bias", 1, outputs, decays: false) { Role = ParameterRole.Bias };

    /// <inheritdoc/>
    /// <remarks>The table is the other layer's.</remarks>
    public override IEnumerable<Parameter> Parameters => [Bias];

    /// <summary>Finds the table.</summary>
    /// <param name="parameters">The network's.</param>
    public void Tie(IEnumerable<Parameter> parameters) => _table = parameters.First(parameter => parameter.Name == table);

    /// <inheritdoc/>
    public override NumericFormat InputFormat(PrecisionPolicy policy)
        => policy.Decide(OperationKind.MatrixProduct, name).Format.Storage();

    /// <inheritdoc/>
    /// <remarks>b = 0; the table starts as its own layer says.</remarks>
    public override void Initialize(WeightInitializer weights, ActivationKind following) => Array.Clear(Bias.Values);

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Linear(name, x, Weight, Bias);
}
