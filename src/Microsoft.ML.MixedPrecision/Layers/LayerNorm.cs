using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = γ·(x − µ)/√(σ² + ε) + β with mean and variance of each row; γ and β (1, columns).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Epsilon">ε, from 1e-12 to 1e-2; null, and left out of JSON, for 1e-5. Statistics are Float32 in every policy, in which the
/// smallest is a number too. Source of that one: J. Devlin et al., "BERT", 2018 (published configurations).</param>
internal sealed record LayerNormSpec(
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? Epsilon = null) : LayerSpec(Name)
{
    private const float LeastEpsilon = 1e-12f;
    private const float MostEpsilon = 1e-2f;

    /// <inheritdoc/>
    internal override string Kind => nameof(LayerNorm);

    /// <inheritdoc/>
    internal override int SinceVersion => Epsilon is null ? FirstVersion : SequencesVersion;

    private float EpsilonOrDefault => Epsilon ?? LayerNormKernel.Epsilon;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
        => EpsilonOrDefault is >= LeastEpsilon and <= MostEpsilon
            ? new SpecValue(NumbersOf(input))
            : throw Refusal(string.Create(
                CultureInfo.InvariantCulture,
                $"has the ε {Epsilon}; it must be from {LeastEpsilon} to {MostEpsilon}, or left out for {LayerNormKernel.Epsilon}."));

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) =>
    [
        new(Name + ".weight", 1, input.Shape.Columns),
        new(Name + ".bias", 1, input.Shape.Columns),
    ];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new LayerNorm(Name, input.Shape.Columns, EpsilonOrDefault);

    /// <inheritdoc/>
    protected override string Text => EpsilonOrDefault == LayerNormKernel.Epsilon ? Kind
        : string.Create(CultureInfo.InvariantCulture, $"{Kind}, ε {Epsilon}");
}

/// <summary>y = γ·(x − µ)/√(σ² + ε) + β with mean and variance of each row; γ and β (1, columns) are Float32 and do not decay.</summary>
internal sealed class LayerNorm : Layer
{
    private readonly string _name;
    private readonly float _epsilon;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="columns">Columns of x.</param>
    /// <param name="epsilon">ε, above 0.</param>
    public LayerNorm(string name, int columns, float epsilon = LayerNormKernel.Epsilon)
    {
        (_name, _epsilon) = (name, epsilon);
        Scale = new Parameter(name + ".weight", 1, columns, decays: false);
        Shift = new Parameter(name + ".bias", 1, columns, decays: false);
    }

    /// <summary>γ.</summary>
    public Parameter Scale { get; }

    /// <summary>β.</summary>
    public Parameter Shift { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Scale, Shift];

    /// <summary>γ = 1, β = 0.</summary>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        Array.Fill(Scale.Values, 1f);
        Array.Clear(Shift.Values);
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.LayerNorm(_name, x, Scale, Shift, _epsilon);
}
