using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = act(x), element by element.</summary>
internal sealed class Activation : Layer
{
    private readonly string _name;
    private readonly ActivationKind _kind;

    /// <summary>Creates the layer.</summary>
    public Activation(string name, ActivationKind kind)
    {
        _name = name;
        _kind = kind;
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => _kind == ActivationKind.None ? x : plan.Activation(_name, x, _kind);
}
