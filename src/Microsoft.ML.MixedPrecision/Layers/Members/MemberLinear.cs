using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x·Wᵢᵀ + bᵢ, where an example's row i is member i of an ensemble; W (members · outputs, columns of x), b (members,
/// outputs).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Outputs">Columns of y, at least 1.</param>
internal sealed record MemberLinearSpec(string Name, int Outputs) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(MemberLinear);

    /// <inheritdoc/>
    internal override int SinceVersion => MembersVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        Shape shape = NumbersOf(input);
        if (Outputs < 1)
        {
            throw Refusal($"has {Outputs} outputs; it must have at least 1.");
        }

        return (long)shape.Rows * Outputs <= int.MaxValue
            ? new SpecValue(shape.WithColumns(Outputs))
            : throw Refusal($"has {Outputs} outputs for each of {shape.Rows} members; all members may have {int.MaxValue} together.");
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) =>
    [
        new(Name + ".weight", input.Shape.Rows * Outputs, input.Shape.Columns),
        new(Name + ".bias", input.Shape.Rows, Outputs),
    ];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new MemberLinear(Name, input.Shape, Outputs);

    /// <inheritdoc/>
    protected override string Text => $"MemberLinear {Outputs}";
}

/// <summary>y = x·Wᵢᵀ + bᵢ with W (members · outputs, inputs), one member's rows after the other's, and b (members, outputs): the last
/// layers of members, and the hidden ones of members that share none.</summary>
internal sealed class MemberLinear : Layer, IOutputLayer
{
    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="input">Members, and columns of x.</param>
    /// <param name="outputs">Columns of y.</param>
    public MemberLinear(string name, Shape input, int outputs)
    {
        Name = name;
        Weight = new Parameter(name + ".weight", checked(input.Rows * outputs), input.Columns, decays: true)
        {
            Role = ParameterRole.Weight,
        };
        Bias = new Parameter(name + ".bias", input.Rows, outputs, decays: false) { Role = ParameterRole.Bias };
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    public Parameter Bias { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Weight, Bias];

    /// <inheritdoc/>
    public override bool DrawsWeights => true;

    /// <inheritdoc/>
    public override NumericFormat InputFormat(PrecisionPolicy policy)
        => policy.Decide(OperationKind.MatrixProduct, Name).Format.Storage();

    /// <inheritdoc/>
    /// <remarks>Each member's are drawn anew.</remarks>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        weights.Fill(Weight, following, Bias.Rows);
        weights.FillBias(Bias, areEqual: false);
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.MemberLinear(Name, x, Weight, Bias);
}
