using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x ⊙ s, a learned factor of each column, which can switch one off.</summary>
/// <param name="Name">Its name.</param>
internal sealed record FeatureScaleSpec(string Name) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(FeatureScale);

    /// <inheritdoc/>
    internal override int SinceVersion => TablesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input) => new(NumbersOf(input));

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) => [new(Name + ".weight", input.Shape.Rows, input.Shape.Columns)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new FeatureScale(Name, input.Shape.Rows, input.Shape.Columns);
}

/// <summary>y = x ⊙ s with s (rows of an example, columns), Float32, which does not decay. Source: RealMLP
/// (https://arxiv.org/abs/2407.04491).</summary>
internal sealed class FeatureScale : Layer
{
    private readonly string _name;

    /// <summary>Creates a layer whose s is 0; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="rows">Rows of an example: 1 for a table.</param>
    /// <param name="columns">Columns of x.</param>
    public FeatureScale(string name, int rows, int columns)
    {
        _name = name;
        Scale = new Parameter(name + ".weight", rows, columns, decays: false) { Role = ParameterRole.FeatureScale };
    }

    /// <summary>s.</summary>
    public Parameter Scale { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Scale];

    /// <summary>s = 1.</summary>
    public override void Initialize(WeightInitializer weights, ActivationKind following) => Array.Fill(Scale.Values, 1f);

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.MemberScale(_name, x, Scale, null);
}
