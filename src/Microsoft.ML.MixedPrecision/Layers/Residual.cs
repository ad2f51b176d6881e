using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x + f(x), f layers one behind the other whose output is as x is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Layers">f, at least one.</param>
internal sealed record ResidualSpec(string Name, IReadOnlyList<LayerSpec> Layers) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(Residual);

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<LayerSpec>> Branches() => [Layers];

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        NumbersOf(input);
        if (Layers.Count == 0)
        {
            throw Refusal("has no layers; it must have at least one.");
        }

        SpecValue end = OutputOf(Layers, input);
        return end == input ? end : throw Refusal($"adds its input of {input} to {end}; both must be of one shape.");
    }

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new Residual(Name, CreateAll(Layers, input));

    /// <inheritdoc/>
    public override LayerSpec InScoring() => this with { Layers = [.. Layers.Select(layer => layer.InScoring()).OfType<LayerSpec>()] };

    /// <inheritdoc/>
    public override LayerSpec Prefixed(string prefix)
        => this with { Name = prefix + Name, Layers = [.. Layers.Select(layer => layer.Prefixed(prefix))] };

    /// <inheritdoc/>
    protected override string Text => $"Residual ({string.Join(", ", Layers)})";
}

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
    public override IEnumerable<Layer> Leaves => _branch.Leaves;

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Residual(_name, x, _branch.Build);
}
