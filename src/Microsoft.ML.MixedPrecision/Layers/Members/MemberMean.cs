using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>The mean over an example's rows, which are the members of an ensemble; in training the members themselves.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Average">What is averaged.</param>
internal sealed record MemberMeanSpec(string Name, MemberMeanKind Average) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(MemberMean);

    /// <inheritdoc/>
    internal override int SinceVersion => MembersVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        RequireDefined(Average);
        return new SpecValue(Shape.Vector(NumbersOf(input).Columns));
    }

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new MemberMean(Name, Average);

    /// <inheritdoc/>
    protected override string Text => $"MemberMean {Average}";
}

/// <summary>
/// o = the mean over an example's rows (<see cref="MemberMeanKind"/>) when scoring. In training its output is its input, so that a loss
/// measures each member by itself: members that learn from their mean alone need not be good ones, and leave errors to one another.
/// </summary>
/// <remarks>Source: Y. Gorishniy et al., "TabM", 2024.</remarks>
internal sealed class MemberMean : Layer
{
    private readonly string _name;
    private readonly MemberMeanKind _kind;

    /// <summary>Creates the layer.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="kind">What is averaged.</param>
    public MemberMean(string name, MemberMeanKind kind) => (_name, _kind) = (name, kind);

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Training ? x : plan.MemberMean(_name, [x], _kind);
}
