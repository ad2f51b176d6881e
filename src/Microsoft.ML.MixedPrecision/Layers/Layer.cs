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

    /// <summary>Appends this layer's operations.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="x">The input (N, columns).</param>
    /// <returns>The output (N, columns), columns as the layer has them.</returns>
    public abstract Value Build(PlanBuilder plan, Value x);
}
