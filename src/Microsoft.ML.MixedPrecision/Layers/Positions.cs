using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x + table[t], t the step of the row in its example: learned positions, one for each step that an example may
/// have.</summary>
/// <param name="Name">Its name.</param>
internal sealed record PositionsSpec(string Name) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(Positions);

    /// <inheritdoc/>
    internal override int SinceVersion => SequencesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input) => new(NumbersOf(input));

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) => [new(Name + ".weight", input.Shape.Rows, input.Shape.Columns)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new Positions(Name, input.Shape.Rows, input.Shape.Columns);
}

/// <summary>y = x + table[t], the table (steps, columns) Float32.</summary>
internal sealed class Positions : Layer
{
    /// <summary>σ of starting weights. Source: J. Devlin et al., "BERT", 2018 (initializer range of the published
    /// configurations).</summary>
    private const double Deviation = 0.02;

    private readonly string _name;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="steps">Most steps of an example.</param>
    /// <param name="columns">Columns of x.</param>
    public Positions(string name, int steps, int columns)
    {
        _name = name;
        Table = new Parameter(name + ".weight", steps, columns, decays: true);
    }

    /// <summary>The table (steps, columns).</summary>
    public Parameter Table { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Table];

    /// <inheritdoc/>
    public override bool DrawsWeights => true;

    /// <inheritdoc/>
    /// <remarks>Normal with σ = 0.02.</remarks>
    public override void Initialize(WeightInitializer weights, ActivationKind following) => weights.FillNormal(Table, Deviation);

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Positions(_name, x, Table);
}
