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
/// <param name="Separator">The id behind whose first place in an example tokens are of another type, as those of the second of two texts:
/// one of two rows of a second table is added to each row of y. Null, and left out of JSON, for no types. Source: J. Devlin et al., "BERT",
/// 2018.</param>
internal sealed record EmbeddingSpec(
    string Name,
    int Columns,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Padding = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Separator = null) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(Embedding);

    /// <inheritdoc/>
    internal override int SinceVersion => Separator is null ? FirstVersion : SequencesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        int ids = VocabularyOf(input);
        if (Columns < 1)
        {
            throw Refusal($"has {Columns} columns; it must have at least 1.");
        }

        RequireId(Padding, "padding", ids);
        RequireId(Separator, "separator", ids);
        return Separator is not null && !input.Shape.IsSequence
            ? throw Refusal($"tells tokens apart by a separator and gets {input}, which are no sequence; put it behind an input of tokens, "
                + $"or leave the separator out.")
            : new SpecValue(input.Shape.IsSequence
                ? input.Shape.WithColumns(Columns)
                : new Shape(checked((int)input.Elements), Columns));
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input)
    {
        yield return new(Name + ".weight", VocabularyOf(input), Columns);
        if (Separator is not null)
        {
            yield return new(Name + Embedding.TypesSuffix + ".weight", TokenTypesKernel.Count, Columns);
        }
    }

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new Embedding(Name, VocabularyOf(input), Columns, Padding, Separator);

    /// <inheritdoc/>
    protected override string Text => $"Embedding {Columns}" + (Padding is { } id ? $", padding {id}" : "")
        + (Separator is { } separator ? $", types behind {separator}" : "");

    private void RequireId(int? id, string what, int ids)
    {
        if (id is { } given && (uint)given >= (uint)ids)
        {
            throw Refusal($"has the {what} id {given}; it must be one of the ids from 0 to {ids - 1}, or none.");
        }
    }

    private int VocabularyOf(SpecValue input)
        => input.Vocabulary ?? throw Refusal($"reads ids and gets {input}; put it behind an input of ids.");
}

/// <summary>y[n·T + t] = table[ids[n, t]] with a table (ids, columns): one row of numbers for each token, category or place; with a
/// separator y[n·T + t] = table[ids[n, t]] + types[k], types (2, columns), k = 1 behind the example's first separator, else 0.</summary>
internal sealed class Embedding : Layer
{
    /// <summary>What the name of the part that adds types ends with.</summary>
    internal const string TypesSuffix = ".types";

    /// <summary>σ of starting weights. Source: A. Radford et al., "Improving Language Understanding by Generative Pre-Training",
    /// 2018.</summary>
    private const double Deviation = 0.02;

    private readonly string _name;
    private readonly int? _padding;
    private readonly int? _separator;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="ids">How many ids there are: from 0 to one less.</param>
    /// <param name="columns">Columns of y.</param>
    /// <param name="padding">The id that stands for nothing: zeros, and no gradient; null for none.</param>
    /// <param name="separator">The id behind which tokens are of another type; null for no types.</param>
    public Embedding(string name, int ids, int columns, int? padding = null, int? separator = null)
    {
        _name = name;
        (_padding, _separator) = (padding, separator);
        Table = new Parameter(name + ".weight", ids, columns, decays: true);
        Types = separator is null ? null : new Parameter(name + TypesSuffix + ".weight", TokenTypesKernel.Count, columns, decays: true);
    }

    /// <summary>The table (ids, columns).</summary>
    public Parameter Table { get; }

    /// <summary>The table of types (2, columns); null without a separator.</summary>
    public Parameter? Types { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => Types is null ? [Table] : [Table, Types];

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

        if (Types is not null)
        {
            weights.FillNormal(Types, Deviation);
        }
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x)
    {
        Value y = plan.Embedding(_name, x, Table, _padding);
        return _separator is { } separator && Types is { } types
            ? plan.TokenTypes(_name + TypesSuffix, y, x, types, separator)
            : y;
    }
}
