using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>Layers one behind the other; a layer that stands here twice has its parameters once.</summary>
internal sealed class Sequential : Layer
{
    private readonly Layer[] _layers;

    /// <summary>Chains layers.</summary>
    /// <param name="layers">At least one.</param>
    public Sequential(params Layer[] layers)
    {
        ArgumentOutOfRangeException.ThrowIfZero(layers.Length);
        _layers = layers;
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => _layers.SelectMany(layer => layer.Parameters).Distinct();

    /// <inheritdoc/>
    public override IEnumerable<LayerState> States => _layers.SelectMany(layer => layer.States).Distinct();

    /// <inheritdoc/>
    public override IEnumerable<Layer> Leaves => _layers.SelectMany(layer => layer.Leaves).Distinct();

    /// <summary>The same without the first layer.</summary>
    public Sequential BehindFirst() => new(_layers[1..]);

    /// <inheritdoc/>
    public override IEnumerable<Layer> Ends => (_layers.LastOrDefault(layer => layer is not MemberMean) ?? _layers[^1]).Ends;

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => _layers.Aggregate(x, (value, layer) => layer.Build(plan, value));
}
