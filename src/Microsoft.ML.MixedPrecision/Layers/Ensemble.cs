using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>The mean of chains of layers that all read its input: models that were trained apart, in one network.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Average">What is averaged.</param>
/// <param name="Members">The chains, each of at least one layer; their outputs are of one shape.</param>
internal sealed record EnsembleSpec(string Name, MemberMeanKind Average, IReadOnlyList<IReadOnlyList<LayerSpec>> Members) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(Ensemble);

    /// <inheritdoc/>
    internal override int SinceVersion => MembersVersion;

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<LayerSpec>> Branches() => Members;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        RequireDefined(Average);
        if (input.IsSparse)
        {
            // Scoring sums up a row's entries once, for the first layer.
            throw Refusal($"gets {input}; one network alone reads sparse rows.");
        }

        if (Members.Count is 0 or > MemberMeanKernel.MostValues)
        {
            throw Refusal($"has {Members.Count} members; it must have 1 to {MemberMeanKernel.MostValues}.");
        }

        SpecValue? first = null;
        foreach (IReadOnlyList<LayerSpec> member in Members)
        {
            if (member is not { Count: > 0 })
            {
                throw Refusal("has a member without layers; each must have at least one.");
            }

            SpecValue output = OutputOf(member, input);
            NumbersOf(output);
            first ??= output;
            if (output != first)
            {
                throw Refusal($"averages {first} and {output}; all members must give one shape.");
            }
        }

        return new SpecValue(Shape.Vector(first!.Value.Shape.Columns));
    }

    /// <inheritdoc/>
    public override Layer Create(SpecValue input)
        => new Ensemble(Name, Average, [.. Members.Select(member => CreateAll(member, input))]);

    /// <inheritdoc/>
    public override LayerSpec InScoring()
        => this with { Members = [.. Members.Select(member => member.Select(layer => layer.InScoring()).OfType<LayerSpec>().ToArray())] };

    /// <inheritdoc/>
    public override LayerSpec Prefixed(string prefix) => this with
    {
        Name = prefix + Name,
        Members = [.. Members.Select(member => member.Select(layer => layer.Prefixed(prefix)).ToArray())],
    };

    /// <inheritdoc/>
    protected override string Text => $"Ensemble {Average} ({string.Join("; ", Members.Select(member => string.Join(", ", member)))})";
}

/// <summary>o = the mean of its members' outputs (<see cref="MemberMeanKind"/>), which all read x.</summary>
internal sealed class Ensemble : Layer
{
    private readonly string _name;
    private readonly MemberMeanKind _kind;
    private readonly Layer[] _members;

    /// <summary>Joins layers.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="kind">What is averaged.</param>
    /// <param name="members">At least one; their parameters have names of their own.</param>
    public Ensemble(string name, MemberMeanKind kind, params Layer[] members) => (_name, _kind, _members) = (name, kind, members);

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => _members.SelectMany(member => member.Parameters);

    /// <inheritdoc/>
    public override IEnumerable<LayerState> States => _members.SelectMany(member => member.States);

    /// <inheritdoc/>
    public override IEnumerable<Layer> Leaves => _members.SelectMany(member => member.Leaves);

    /// <inheritdoc/>
    public override IEnumerable<Layer> Ends => _members.SelectMany(member => member.Ends);

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x)
        => plan.MemberMean(_name, [.. _members.Select(member => member.Build(plan, x))], _kind);
}
