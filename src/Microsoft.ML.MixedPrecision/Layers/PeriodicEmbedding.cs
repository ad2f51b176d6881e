using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>The first columns of x, each with three sums of 16 waves of it, then the other columns; see
/// <see cref="PeriodicKernel"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How many columns are embedded, from 1.</param>
internal sealed record PeriodicEmbeddingSpec(string Name, int Count) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(PeriodicEmbedding);

    /// <inheritdoc/>
    internal override int SinceVersion => TablesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        Shape shape = NumbersOf(input);
        if (Count < 1 || Count > shape.Columns)
        {
            throw Refusal($"embeds {Count} of {shape.Columns} columns; it must be at least 1 and at most all.");
        }

        long columns = shape.Columns + ((long)PeriodicParameters.Sums * Count);
        return columns <= Array.MaxLength
            ? new SpecValue(shape.WithColumns((int)columns))
            : throw Refusal($"makes {columns} columns; at most {Array.MaxLength} can be.");
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) =>
    [
        new(Name + ".frequencies", Count, PeriodicParameters.Waves),
        new(Name + ".phases", Count, PeriodicParameters.Waves),
        new(Name + ".weight", Count, PeriodicParameters.Waves * PeriodicParameters.Sums),
        new(Name + ".bias", Count, PeriodicParameters.Sums),
    ];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new PeriodicEmbedding(Name, Count);

    /// <inheritdoc/>
    protected override string Text => $"PeriodicEmbedding of {Count}";
}

/// <summary>The first columns of x, each with three sums of 16 waves of it, then the other columns; parameters are Float32 and do not
/// decay.</summary>
internal sealed class PeriodicEmbedding : Layer
{
    /// <summary>σ of the starting frequencies. Source: PBLD of RealMLP (https://arxiv.org/abs/2407.04491).</summary>
    private const double FrequencyDeviation = 0.1;

    private readonly string _name;
    private readonly PeriodicParameters _parameters;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="count">How many columns are embedded.</param>
    public PeriodicEmbedding(string name, int count)
    {
        _name = name;
        _parameters = new PeriodicParameters(
            Of(".frequencies", count, PeriodicParameters.Waves),
            Of(".phases", count, PeriodicParameters.Waves),
            Of(".weight", count, PeriodicParameters.Waves * PeriodicParameters.Sums),
            Of(".bias", count, PeriodicParameters.Sums));
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => _parameters.All;

    /// <inheritdoc/>
    public override bool DrawsWeights => true;

    /// <summary>w normal with σ = 0.1, b uniform in ±π, V and c uniform in ±¼.</summary>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        weights.FillNormal(_parameters.Frequencies, FrequencyDeviation);
        weights.FillUniform(_parameters.Phases, Math.PI);
        double limit = 1 / Math.Sqrt(PeriodicParameters.Waves);
        weights.FillUniform(_parameters.Weights, limit);
        weights.FillUniform(_parameters.Biases, limit);
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.PeriodicEmbedding(_name, x, _parameters);

    private Parameter Of(string suffix, int count, int columns)
        => new(_name + suffix, count, columns, decays: false) { Role = ParameterRole.NumericEmbedding };
}
