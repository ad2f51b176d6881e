using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y[n·k + i] = x[n] ⊙ rᵢ: an example becomes k rows, one for each member of an ensemble; r (k, columns).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Members">k, at least 2.</param>
/// <param name="HasNoFactors">Whether r is left out, as where members have all weights of their own and y[n·k + i] = x[n]; left out of JSON
/// where it is not.</param>
internal sealed record MemberSpreadSpec(
    string Name,
    int Members,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool HasNoFactors = false) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(MemberSpread);

    /// <inheritdoc/>
    internal override int SinceVersion => MembersVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        Shape shape = NumbersOf(input);
        if (Members < 2)
        {
            throw Refusal($"has {Members} members; it must have at least 2.");
        }

        return shape.Rows == 1
            ? new SpecValue(new Shape(Members, shape.Columns))
            : throw Refusal($"gets {shape} numbers an example; its members see one row of numbers each.");
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input)
        => HasNoFactors ? [] : [new(Name + ".weight", Members, input.Shape.Columns)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new MemberSpread(Name, Members, HasNoFactors ? null : input.Shape.Columns);

    /// <inheritdoc/>
    protected override string Text => HasNoFactors ? $"MemberSpread {Members} without factors" : $"MemberSpread {Members}";
}

/// <summary>y[n·k + i] = x[n] ⊙ rᵢ with r (k, columns), which start as random signs; or x[n] alone.</summary>
internal sealed class MemberSpread : Layer
{
    private readonly string _name;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="members">k.</param>
    /// <param name="columns">Columns of x, for a factor of each; null for none.</param>
    public MemberSpread(string name, int members, int? columns)
    {
        (_name, Members) = (name, members);
        Scale = columns is null ? null : new Parameter(name + ".weight", members, columns.Value, decays: true);
    }

    /// <summary>k.</summary>
    public int Members { get; }

    /// <summary>r; null for none.</summary>
    public Parameter? Scale { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => Scale is null ? [] : [Scale];

    /// <inheritdoc/>
    /// <remarks>Signs, so that members differ from the first step on, and no feature is weaker for any.</remarks>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        if (Scale is not null)
        {
            weights.FillSigns(Scale);
        }
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.MemberSpread(_name, x, Members, Scale);
}
