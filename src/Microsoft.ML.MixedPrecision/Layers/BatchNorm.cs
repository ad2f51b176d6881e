using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = γ·(x − µ)/√(σ² + ε) + β with mean and variance of each column; γ, β and the running statistics (1, columns).</summary>
/// <param name="Name">Its name.</param>
internal sealed record BatchNormSpec(string Name) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(BatchNorm);

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input) => new(NumbersOf(input));

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) =>
    [
        new(Name + ".weight", 1, input.Shape.Columns),
        new(Name + ".bias", 1, input.Shape.Columns),
        new(Name + ".running_mean", 1, input.Shape.Columns) { IsState = true },
        new(Name + ".running_var", 1, input.Shape.Columns) { IsState = true },
    ];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new BatchNorm(Name, input.Shape.Columns);
}

/// <summary>
/// y = γ·(x − µ)/√(σ² + ε) + β with mean and variance of each column: those of the micro-batch in training, running ones when scoring. γ, β
/// and
/// the running statistics (1, columns) are Float32; nothing decays.
/// </summary>
internal sealed class BatchNorm : Layer
{
    private readonly string _name;

    /// <summary>Creates a layer whose γ is 0; <see cref="Initialize"/> fills it.</summary>
    public BatchNorm(string name, int columns)
    {
        _name = name;
        Scale = new Parameter(name + ".weight", 1, columns, decays: false);
        Shift = new Parameter(name + ".bias", 1, columns, decays: false);
        Mean = new LayerState(name + ".running_mean", columns, start: 0);
        Variance = new LayerState(name + ".running_var", columns, start: 1);
    }

    /// <summary>γ.</summary>
    public Parameter Scale { get; }

    /// <summary>β.</summary>
    public Parameter Shift { get; }

    /// <summary>Running mean.</summary>
    public LayerState Mean { get; }

    /// <summary>Running variance.</summary>
    public LayerState Variance { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Scale, Shift];

    /// <inheritdoc/>
    public override IEnumerable<LayerState> States => [Mean, Variance];

    /// <summary>γ = 1, β = 0, and the running statistics at their start.</summary>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        Array.Fill(Scale.Values, 1f);
        Array.Clear(Shift.Values);
        Mean.Reset();
        Variance.Reset();
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.BatchNorm(_name, x, new BatchNormParts(Scale, Shift, Mean, Variance));
}
