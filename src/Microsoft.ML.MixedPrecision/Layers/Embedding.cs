using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y[n·T + t] = table[ids[n, t]] with a table (ids, columns): one row of numbers for each token, category or place.</summary>
internal sealed class Embedding : Layer
{
    /// <summary>σ of starting weights. Source: A. Radford et al., "Improving Language Understanding by Generative Pre-Training",
    /// 2018.</summary>
    private const double Deviation = 0.02;

    private readonly string _name;
    private readonly int? _padding;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="ids">How many ids there are: from 0 to one less.</param>
    /// <param name="columns">Columns of y.</param>
    /// <param name="padding">The id that stands for nothing: zeros, and no gradient; null for none.</param>
    public Embedding(string name, int ids, int columns, int? padding = null)
    {
        _name = name;
        _padding = padding;
        Table = new Parameter(name + ".weight", ids, columns, decays: true);
    }

    /// <summary>The table (ids, columns).</summary>
    public Parameter Table { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Table];

    /// <summary>Draws starting weights: normal with σ = 0.02, the padding id's row 0.</summary>
    /// <param name="seed">The user's seed.</param>
    /// <param name="position">Number of the parameter within the network.</param>
    public void Initialize(int seed, int position)
    {
        WeightInitializer.FillNormal(Table, Deviation, seed, position);
        if (_padding is { } id)
        {
            Table.Values.AsSpan(id * Table.Columns, Table.Columns).Clear();
        }
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Embedding(_name, x, Table, _padding);
}
