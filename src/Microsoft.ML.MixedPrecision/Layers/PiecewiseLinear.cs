using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>How far each of the first columns of x has come through each of its bins, then the other columns; see
/// <see cref="PiecewiseKernel"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How many columns are embedded, from 1.</param>
/// <param name="Bins">Bins of a column, from 1 to 1024.</param>
internal sealed record PiecewiseLinearSpec(string Name, int Count, int Bins) : LayerSpec(Name)
{
    private const int MostBins = 1024;

    /// <inheritdoc/>
    internal override string Kind => nameof(PiecewiseLinear);

    /// <inheritdoc/>
    internal override int SinceVersion => TablesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        Shape shape = NumbersOf(input);
        if (Count < 1 || Count > shape.Columns || Bins is < 1 or > MostBins)
        {
            throw Refusal($"embeds {Count} of {shape.Columns} columns in {Bins} bins; it must be at least 1 and at most all of them, in 1 "
                + $"to {MostBins} bins.");
        }

        long columns = shape.Columns - Count + ((long)Bins * Count);
        return columns <= Array.MaxLength
            ? new SpecValue(shape.WithColumns((int)columns))
            : throw Refusal($"makes {columns} columns; at most {Array.MaxLength} can be.");
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) =>
    [
        new(Name + ".lower", 1, Count * Bins) { IsState = true },
        new(Name + ".factor", 1, Count * Bins) { IsState = true },
    ];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new PiecewiseLinear(Name, Count, Bins);

    /// <inheritdoc/>
    protected override string Text => $"PiecewiseLinear of {Count} in {Bins} bins";
}

/// <summary>How far each of the first columns of x has come through each of its bins, which are known before training.</summary>
internal sealed class PiecewiseLinear : Layer
{
    private readonly string _name;
    private readonly int _bins;

    /// <summary>Creates a layer whose bins have no width; <see cref="SetEdges"/> gives them one.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="count">How many columns are embedded.</param>
    /// <param name="bins">Bins of each.</param>
    public PiecewiseLinear(string name, int count, int bins)
    {
        (_name, _bins) = (name, bins);
        Lower = new LayerState(name + ".lower", count * bins, 0);
        Factor = new LayerState(name + ".factor", count * bins, 0);
    }

    /// <summary>Where bins begin: (1, n·T).</summary>
    public LayerState Lower { get; }

    /// <summary>One over their widths, 0 for one without: (1, n·T).</summary>
    public LayerState Factor { get; }

    /// <summary>Bins of a column, T.</summary>
    public int Bins => _bins;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override IEnumerable<LayerState> States => [Lower, Factor];

    /// <summary>Sets the bins of a column.</summary>
    /// <param name="column">Its number.</param>
    /// <param name="edges">T + 1 numbers that do not fall.</param>
    public void SetEdges(int column, ReadOnlySpan<double> edges)
    {
        for (int bin = 0; bin < _bins; bin++)
        {
            float lower = (float)edges[bin], width = (float)edges[bin + 1] - lower, factor = 1 / width;
            Lower.Values[(column * _bins) + bin] = lower;
            Factor.Values[(column * _bins) + bin] = width > 0 && float.IsFinite(factor) ? factor : 0;
        }
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.PiecewiseLinear(_name, x, (Lower, Factor), _bins);
}
