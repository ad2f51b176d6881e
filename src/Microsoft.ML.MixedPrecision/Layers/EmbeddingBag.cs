using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x·W with W (columns of x, columns of y), of rows x that are nearly all zeros: the first layer of a network that reads
/// sparse numbers, as of texts.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Columns of y, from 1 to <see cref="MostColumns"/>.</param>
internal sealed record EmbeddingBagSpec(string Name, int Columns) : LayerSpec(Name)
{
    /// <summary>The widest one.</summary>
    public const int MostColumns = 1024;

    /// <inheritdoc/>
    internal override string Kind => nameof(EmbeddingBag);

    /// <inheritdoc/>
    internal override int SinceVersion => TablesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        SlotsOf(input);
        return Columns is >= 1 and <= MostColumns
            ? new SpecValue(Shape.Vector(Columns))
            : throw Refusal($"has {Columns} columns; it must have 1 to {MostColumns}.");
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) => [new(Name + ".weight", SlotsOf(input), Columns)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new EmbeddingBag(Name, SlotsOf(input), Columns);

    /// <inheritdoc/>
    protected override string Text => $"EmbeddingBag {Columns}";

    private int SlotsOf(SpecValue input) => input.IsSparse
        ? input.Shape.Columns
        : throw Refusal($"reads sparse numbers and gets {input}; put it first, behind a sparse input.");
}

/// <summary>y = x·W with W (slots, columns), of sparse rows x.</summary>
internal sealed class EmbeddingBag : Layer
{
    /// <summary>σ of starting weights: rows of texts are about as long as 1, so that sums start this large. Chosen by log-loss on glosses
    /// and mails.</summary>
    private const double Deviation = 0.1;

    private readonly string _name;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="slots">Columns of x.</param>
    /// <param name="columns">Columns of y.</param>
    public EmbeddingBag(string name, int slots, int columns)
    {
        _name = name;
        Table = new Parameter(name + ".weight", slots, columns, decays: true) { Role = ParameterRole.Bag };
    }

    /// <summary>W (slots, columns).</summary>
    public Parameter Table { get; }

    /// <summary>Columns of y.</summary>
    public int Columns => Table.Columns;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Table];

    /// <inheritdoc/>
    public override bool DrawsWeights => true;

    /// <inheritdoc/>
    public override NumericFormat InputFormat(PrecisionPolicy policy)
        => policy.Decide(OperationKind.MatrixProduct, _name).Format.Storage();

    /// <inheritdoc/>
    /// <remarks>Normal with σ = 0.1.</remarks>
    public override void Initialize(WeightInitializer weights, ActivationKind following) => weights.FillNormal(Table, Deviation);

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.EmbeddingBag(_name, x, Table);

    /// <summary>y of one row in Float32, as scoring computes it on the host: the bits of a Float32 plan.</summary>
    /// <param name="entries">The row's entries, all of slots that there are.</param>
    /// <param name="y">Receives <see cref="Columns"/> numbers.</param>
    public unsafe void Sum(ReadOnlySpan<SparseEntry> entries, Span<float> y)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, Columns, nameof(y));
        fixed (SparseEntry* first = entries)
        fixed (float* table = Table.Values, to = y)
        {
            var kernel = new BagSum(first, entries.Length, TableAt((nint)table), to);
            SimdPaths.Best.Dispatch(ref kernel);
        }
    }

    /// <summary>W as it lies in <see cref="StoredMatrix.Values"/>.</summary>
    /// <param name="address">Where they are pinned.</param>
    public Tensor TableAt(nint address) => new(address, NumericFormat.Float32, Table.Rows, Columns, Columns);
}
