using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>One row of each example's rows: their mean, the first, the last, or of each column the largest.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pooling">Which.</param>
internal sealed record PoolingSpec(string Name, Pooling Pooling) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(Pooling);

    /// <inheritdoc/>
    internal override int SinceVersion => SequencesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        RequireDefined(Pooling);
        return new SpecValue(Tensors.Shape.Vector(NumbersOf(input).Columns));
    }

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new PoolingLayer(Name, Pooling);

    /// <inheritdoc/>
    protected override string Text => $"Pooling {Pooling}";
}

/// <summary>One row of each example's rows.</summary>
/// <param name="name">Unique name.</param>
/// <param name="pooling">Which.</param>
internal sealed class PoolingLayer(string name, Pooling pooling) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Pooling(name, x, pooling);
}
