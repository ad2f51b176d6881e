using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x·Wᵀ + b with W (outputs, inputs) and b (1, outputs).</summary>
internal sealed class Linear : Layer
{
    /// <summary>Creates a layer of zeros; <see cref="WeightInitializer"/> fills it.</summary>
    public Linear(string name, int inputs, int outputs)
    {
        Name = name;
        Weight = new Parameter(name + ".weight", outputs, inputs, decays: true);
        Bias = new Parameter(name + ".bias", 1, outputs, decays: false);
    }

    /// <summary>Name of the layer.</summary>
    public string Name { get; }

    /// <summary>W (outputs, inputs).</summary>
    public Parameter Weight { get; }

    /// <summary>b (1, outputs).</summary>
    public Parameter Bias { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Weight, Bias];

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Linear(Name, x, Weight, Bias);
}
