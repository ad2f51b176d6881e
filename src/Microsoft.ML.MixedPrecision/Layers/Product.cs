using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x·Wᵀ with W (outputs, inputs): a <see cref="Linear"/> without bias.</summary>
internal sealed class Product : Layer
{
    private readonly string _name;

    /// <summary>Creates a layer of zeros; <see cref="WeightInitializer"/> fills it.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="outputs">Columns of y.</param>
    public Product(string name, int inputs, int outputs)
    {
        _name = name;
        Weight = new Parameter(name + ".weight", outputs, inputs, decays: true);
    }

    /// <summary>W (outputs, inputs).</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Weight];

    /// <inheritdoc/>
    public override bool DrawsWeights => true;

    /// <inheritdoc/>
    public override NumericFormat InputFormat(PrecisionPolicy policy)
        => policy.Decide(OperationKind.MatrixProduct, _name).Format.Storage();

    /// <inheritdoc/>
    public override void Initialize(WeightInitializer weights, ActivationKind following) => weights.Fill(Weight, following);

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Linear(_name, x, Weight, null);
}
