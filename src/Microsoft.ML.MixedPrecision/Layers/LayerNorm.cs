using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = γ·(x − µ)/√(σ² + ε) + β with mean and variance of each row; γ and β (1, columns).</summary>
/// <param name="Name">Its name.</param>
internal sealed record LayerNormSpec(string Name) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(LayerNorm);

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input) => new(NumbersOf(input));

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) =>
    [
        new(Name + ".weight", 1, input.Shape.Columns),
        new(Name + ".bias", 1, input.Shape.Columns),
    ];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new LayerNorm(Name, input.Shape.Columns);
}

/// <summary>y = γ·(x − µ)/√(σ² + ε) + β with mean and variance of each row; γ and β (1, columns) are Float32 and do not decay.</summary>
internal sealed class LayerNorm : Layer
{
    private readonly string _name;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    public LayerNorm(string name, int columns)
    {
        _name = name;
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
    public override Value Build(PlanBuilder plan, Value x) => plan.LayerNorm(_name, x, Scale, Shift);
}
