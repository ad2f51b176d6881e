using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>Holds parameters and, when a plan is made, appends operations. It has no state per call, so it can be built into several
/// plans.</summary>
internal abstract class Layer
{
    /// <summary>The parameters, in forward order.</summary>
    public abstract IEnumerable<Parameter> Parameters { get; }

    /// <summary>What it learns without gradient, in forward order.</summary>
    public virtual IEnumerable<LayerState> States => [];

    /// <summary>The layers that it is made of, in forward order; itself where it is made of none.</summary>
    public virtual IEnumerable<Layer> Leaves => [this];

    /// <summary>The layers that its output comes from, but for means over members: one for most, itself where it is made of
    /// none.</summary>
    public virtual IEnumerable<Layer> Ends => [this];

    /// <summary>Whether starting weights are drawn for it.</summary>
    public virtual bool DrawsWeights => false;

    /// <summary>The activation that it is, for the starting weights before it; null for another kind of layer.</summary>
    public virtual ActivationKind? Function => null;

    /// <summary>How its input is stored where it is the first layer and reads rows: as it computes, so that nothing is rounded
    /// twice.</summary>
    /// <param name="policy">The policy.</param>
    public virtual NumericFormat InputFormat(PrecisionPolicy policy) => NumericFormat.Float32;

    /// <summary>Sets starting values.</summary>
    /// <param name="weights">Draws.</param>
    /// <param name="following">The activation behind it, before the next layer that draws.</param>
    public virtual void Initialize(WeightInitializer weights, ActivationKind following)
    {
    }

    /// <summary>Appends this layer's operations.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="x">The input (N, columns).</param>
    /// <returns>The output (N, columns), columns as the layer has them.</returns>
    public abstract Value Build(PlanBuilder plan, Value x);
}
