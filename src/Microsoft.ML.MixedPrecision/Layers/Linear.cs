using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x·Wᵀ + b, row by row, with W (outputs, columns of x) and b (1, outputs).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Outputs">Columns of y, at least 1.</param>
/// <param name="HasNoBias">Whether b is left out, as where members have their own; left out of JSON where it is not.</param>
internal sealed record LinearSpec(
    string Name,
    int Outputs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool HasNoBias = false) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(Linear);

    /// <inheritdoc/>
    internal override int SinceVersion => HasNoBias ? MembersVersion : FirstVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
        => Outputs >= 1
            ? new SpecValue(NumbersOf(input).WithColumns(Outputs))
            : throw Refusal($"has {Outputs} outputs; it must have at least 1.");

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input)
        => HasNoBias
            ? [new(Name + ".weight", Outputs, input.Shape.Columns)]
            : [new(Name + ".weight", Outputs, input.Shape.Columns), new(Name + ".bias", 1, Outputs)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input)
        => HasNoBias ? new Product(Name, input.Shape.Columns, Outputs) : new Linear(Name, input.Shape.Columns, Outputs);

    /// <inheritdoc/>
    protected override string Text => HasNoBias ? $"Linear {Outputs} without bias" : $"Linear {Outputs}";
}

/// <summary>y = x·Wᵀ + b with W (outputs, inputs) and b (1, outputs).</summary>
internal sealed class Linear : Layer, IOutputLayer
{
    /// <summary>Creates a layer of zeros; <see cref="WeightInitializer"/> fills it.</summary>
    public Linear(string name, int inputs, int outputs)
    {
        Name = name;
        Weight = new Parameter(name + ".weight", outputs, inputs, decays: true) { Role = ParameterRole.Weight };
        Bias = new Parameter(name + ".bias", 1, outputs, decays: false) { Role = ParameterRole.Bias };
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
    public override bool DrawsWeights => true;

    /// <inheritdoc/>
    public override NumericFormat InputFormat(PrecisionPolicy policy)
        => policy.Decide(OperationKind.MatrixProduct, Name).Format.Storage();

    /// <inheritdoc/>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        weights.Fill(Weight, following);
        weights.FillBias(Bias);
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Linear(Name, x, Weight, Bias);
}
