using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x + α ⊙ (act(x) − x), how much of the activation each column takes being learned.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Function">act; not <see cref="ActivationKind.None"/>, of which nothing could be learned.</param>
internal sealed record ParametricActivationSpec(string Name, ActivationKind Function) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => $"Parametric {Function}";

    /// <inheritdoc/>
    internal override int SinceVersion => TablesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        RequireDefined(Function);
        return Function == ActivationKind.None
            ? throw Refusal("computes nothing; leave it out, or give it another function.")
            : new SpecValue(NumbersOf(input));
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) => [new(Name + ".weight", 1, input.Shape.Columns)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new ParametricActivation(Name, Function, input.Shape.Columns);
}

/// <summary>y = x + α ⊙ (act(x) − x) with α (1, columns), Float32, which does not decay. Source: RealMLP
/// (https://arxiv.org/abs/2407.04491).</summary>
internal sealed class ParametricActivation : Layer
{
    private readonly string _name;
    private readonly ActivationKind _function;

    /// <summary>Creates a layer whose α is 0; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="function">act.</param>
    /// <param name="columns">Columns of x.</param>
    public ParametricActivation(string name, ActivationKind function, int columns)
    {
        (_name, _function) = (name, function);
        Shares = new Parameter(name + ".weight", 1, columns, decays: false) { Role = ParameterRole.Activation };
    }

    /// <summary>α.</summary>
    public Parameter Shares { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Shares];

    /// <inheritdoc/>
    public override ActivationKind? Function => _function;

    /// <summary>α = 1: the activation itself.</summary>
    public override void Initialize(WeightInitializer weights, ActivationKind following) => Array.Fill(Shares.Values, 1f);

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.ParametricActivation(_name, x, _function, Shares);
}
