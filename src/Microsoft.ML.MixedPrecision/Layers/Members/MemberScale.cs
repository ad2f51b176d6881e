using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x ⊙ sᵢ + bᵢ, where an example's row i is member i of an ensemble; s and b (members, columns).</summary>
/// <param name="Name">Its name.</param>
/// <param name="HasBias">Whether it has b; left out of JSON where it has none.</param>
internal sealed record MemberScaleSpec(
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool HasBias = false) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(MemberScale);

    /// <inheritdoc/>
    internal override int SinceVersion => MembersVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input) => new(NumbersOf(input));

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input)
    {
        yield return new(Name + ".weight", input.Shape.Rows, input.Shape.Columns);
        if (HasBias)
        {
            yield return new(Name + ".bias", input.Shape.Rows, input.Shape.Columns);
        }
    }

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new MemberScale(Name, input.Shape.Rows, input.Shape.Columns, HasBias);

    /// <inheritdoc/>
    protected override string Text => HasBias ? "MemberScale with bias" : "MemberScale";
}

/// <summary>y = x ⊙ sᵢ + bᵢ with s and b (members, columns): what a member makes its own of a product that all members share.</summary>
internal sealed class MemberScale : Layer
{
    private readonly string _name;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="members">Rows of an example.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="hasBias">Whether it has b.</param>
    public MemberScale(string name, int members, int columns, bool hasBias)
    {
        _name = name;
        Scale = new Parameter(name + ".weight", members, columns, decays: true);
        Bias = hasBias ? new Parameter(name + ".bias", members, columns, decays: false) : null;
    }

    /// <summary>s.</summary>
    public Parameter Scale { get; }

    /// <summary>b; null for none.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => Bias is null ? [Scale] : [Scale, Bias];

    /// <summary>s = 1; b as that of the product before it would be, the same for every member.</summary>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        Array.Fill(Scale.Values, 1f);
        if (Bias is not null)
        {
            weights.FillBias(Bias);
        }
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.MemberScale(_name, x, Scale, Bias);
}
