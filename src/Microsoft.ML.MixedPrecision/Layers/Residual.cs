using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x + f(x), f a layer with as many outputs as inputs.</summary>
internal sealed class Residual : Layer
{
    private readonly string _name;
    private readonly Layer _branch;

    /// <summary>Wraps a layer.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="branch">f.</param>
    public Residual(string name, Layer branch)
    {
        _name = name;
        _branch = branch;
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => _branch.Parameters;

    /// <inheritdoc/>
    public override IEnumerable<LayerState> States => _branch.States;

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Residual(_name, x, _branch.Build);
}
