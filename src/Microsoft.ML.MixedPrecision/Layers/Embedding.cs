using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y[n·T + t] = table[ids[n, t]]: for each id of an example a row of numbers, from a table of as many rows as the vocabulary has
/// entries.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Columns of the table and of y, at least 1.</param>
/// <param name="Padding">The id that stands for nothing: zeros, and no gradient; null, and left out of JSON, for none.</param>
internal sealed record EmbeddingSpec(
    string Name,
    int Columns,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Padding = null) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(Embedding);

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        int ids = VocabularyOf(input);
        if (Columns < 1)
        {
            throw Refusal($"has {Columns} columns; it must have at least 1.");
        }

        return Padding is { } id && (uint)id >= (uint)ids
            ? throw Refusal($"has the padding id {id}; it must be one of the ids from 0 to {ids - 1}, or none.")
            : new SpecValue(input.Shape.IsSequence
                ? input.Shape.WithColumns(Columns)
                : new Shape(checked((int)input.Elements), Columns));
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) => [new(Name + ".weight", VocabularyOf(input), Columns)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new Embedding(Name, VocabularyOf(input), Columns, Padding);

    /// <inheritdoc/>
    protected override string Text => Padding is { } id ? $"Embedding {Columns}, padding {id}" : $"Embedding {Columns}";

    private int VocabularyOf(SpecValue input)
        => input.Vocabulary ?? throw Refusal($"reads ids and gets {input}; put it behind an input of ids.");
}

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

    /// <inheritdoc/>
    public override bool DrawsWeights => true;

    /// <inheritdoc/>
    /// <remarks>Normal with σ = 0.02, the padding id's row 0.</remarks>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        weights.FillNormal(Table, Deviation);
        if (_padding is { } id)
        {
            Table.Values.AsSpan(id * Table.Columns, Table.Columns).Clear();
        }
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Embedding(_name, x, Table, _padding);
}
