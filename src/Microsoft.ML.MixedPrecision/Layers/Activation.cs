using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = act(x), element by element.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Function">act; not <see cref="ActivationKind.None"/>, which is no layer.</param>
internal sealed record ActivationSpec(string Name, ActivationKind Function) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => $"{Function}";

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        RequireDefined(Function);
        return Function == ActivationKind.None
            ? throw Refusal("computes nothing; leave it out, or give it another function.")
            : new SpecValue(NumbersOf(input));
    }

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new Activation(Name, Function);
}

/// <summary>y = act(x), element by element.</summary>
internal sealed class Activation : Layer
{
    private readonly string _name;

    /// <summary>Creates the layer.</summary>
    public Activation(string name, ActivationKind kind)
    {
        _name = name;
        Kind = kind;
    }

    /// <summary>act.</summary>
    public ActivationKind Kind { get; }

    /// <inheritdoc/>
    public override ActivationKind? Function => Kind;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Activation(_name, x, Kind);
}
