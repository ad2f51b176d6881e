using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Layers;

/// <summary>A layer's record, and what it must say of itself; by hand.</summary>
/// <param name="Spec">The record.</param>
/// <param name="Json">Its JSON.</param>
/// <param name="Text">Its text.</param>
/// <param name="Columns">Columns that it gives for 6.</param>
/// <param name="Stored">What it stores for 6 columns: name, rows and columns; a state with a star.</param>
/// <param name="Vocabulary">Entries of the vocabulary of the ids that it reads; null where it reads numbers.</param>
/// <param name="Levels">Levels of the categories that the last of the columns that it reads are; null for none.</param>
/// <param name="IsSparse">Whether it reads sparse numbers.</param>
internal sealed record LayerRow(
    LayerSpec Spec, string Json, string Text, int Columns, string Stored, int? Vocabulary = null, int[]? Levels = null,
    bool IsSparse = false)
{
    /// <summary>One or more rows for each kind of layer.</summary>
    public static IReadOnlyList<LayerRow> All { get; } =
    [
        new(
            new LinearSpec("a", 4),
            """{"layer":"linear","name":"a","outputs":4}""",
            "Linear 4",
            4,
            "a.weight 4 6, a.bias 1 4"),
        new(
            new LinearSpec("a", 4, HasNoBias: true),
            """{"layer":"linear","name":"a","outputs":4,"hasNoBias":true}""",
            "Linear 4 without bias",
            4,
            "a.weight 4 6"),
        new(
            new ActivationSpec("a.act", ActivationKind.GeluErf),
            """{"layer":"activation","name":"a.act","function":"GeluErf"}""",
            "GeluErf",
            6,
            ""),
        new(
            new LayerNormSpec("n"),
            """{"layer":"layerNorm","name":"n"}""",
            "LayerNorm",
            6,
            "n.weight 1 6, n.bias 1 6"),
        new(
            new LayerNormSpec("n", 1e-12f),
            """{"layer":"layerNorm","name":"n","epsilon":1E-12}""",
            "LayerNorm, ε 1E-12",
            6,
            "n.weight 1 6, n.bias 1 6"),
        new(
            new LayerNormSpec("n", 1e-5f),
            """{"layer":"layerNorm","name":"n","epsilon":1E-05}""",
            "LayerNorm",
            6,
            "n.weight 1 6, n.bias 1 6"),
        new(
            new BatchNormSpec("n"),
            """{"layer":"batchNorm","name":"n"}""",
            "BatchNorm",
            6,
            "n.weight 1 6, n.bias 1 6, n.running_mean 1 6*, n.running_var 1 6*"),
        new(
            new DropoutSpec("d", 0.1f),
            """{"layer":"dropout","name":"d","rate":0.1}""",
            "Dropout 0.1",
            6,
            ""),
        new(
            new ResidualSpec("r", [new LinearSpec("r.0", 9), new DropoutSpec("r.d", 0.5f), new LinearSpec("r.1", 6)]),
            """{"layer":"residual","name":"r","layers":[{"layer":"linear","name":"r.0","outputs":9},"""
                + """{"layer":"dropout","name":"r.d","rate":0.5},{"layer":"linear","name":"r.1","outputs":6}]}""",
            "Residual (Linear 9, Dropout 0.5, Linear 6)",
            6,
            "r.0.weight 9 6, r.0.bias 1 9, r.1.weight 6 9, r.1.bias 1 6"),
        new(
            new EmbeddingSpec("e", 3),
            """{"layer":"embedding","name":"e","columns":3}""",
            "Embedding 3",
            3,
            "e.weight 50 3",
            50),
        new(
            new EmbeddingSpec("e", 3, 2),
            """{"layer":"embedding","name":"e","columns":3,"padding":2}""",
            "Embedding 3, padding 2",
            3,
            "e.weight 50 3",
            50),
        new(
            new EmbeddingSpec("e", 3, Separator: 7),
            """{"layer":"embedding","name":"e","columns":3,"separator":7}""",
            "Embedding 3, types behind 7",
            3,
            "e.weight 50 3, e.types.weight 2 3",
            50)
        {
            Inputs = [new(Shape.Sequence(7, 1), 50)],
        },
        new(
            new EmbeddingSpec("e", 128, 0, 49),
            """{"layer":"embedding","name":"e","columns":128,"padding":0,"separator":49}""",
            "Embedding 128, padding 0, types behind 49",
            128,
            "e.weight 50 128, e.types.weight 2 128",
            50)
        {
            Inputs = [new(Shape.Sequence(7, 1), 50)],
        },
        new(
            new AttentionSpec("a", 2),
            """{"layer":"attention","name":"a","heads":2}""",
            "Attention of 2 heads",
            2,
            ""),
        new(
            new AttentionSpec("a", 1, IsCausal: true, Dropout: 0.1f),
            """{"layer":"attention","name":"a","heads":1,"isCausal":true,"dropout":0.1}""",
            "Causal attention of 1 heads, dropout 0.1",
            2,
            ""),
        new(
            new PositionsSpec("p"),
            """{"layer":"positions","name":"p"}""",
            "Positions",
            6,
            "p.weight 1 6"),
        new(
            new PoolingSpec("p", Pooling.Last),
            """{"layer":"pooling","name":"p","pooling":"Last"}""",
            "Pooling Last",
            6,
            "")
        {
            Rows = _ => 1,
        },
        new(
            new FeatureScaleSpec("s"),
            """{"layer":"featureScale","name":"s"}""",
            "FeatureScale",
            6,
            "s.weight 1 6"),
        new(
            new ParametricActivationSpec("a.act", ActivationKind.Mish),
            """{"layer":"parametricActivation","name":"a.act","function":"Mish"}""",
            "Parametric Mish",
            6,
            "a.act.weight 1 6"),
        new(
            new PeriodicEmbeddingSpec("p", 2),
            """{"layer":"periodicEmbedding","name":"p","count":2}""",
            "PeriodicEmbedding of 2",
            12,
            "p.frequencies 2 16, p.phases 2 16, p.weight 2 48, p.bias 2 3"),
        new(
            new PiecewiseLinearSpec("b", 2, 3),
            """{"layer":"piecewiseLinear","name":"b","count":2,"bins":3}""",
            "PiecewiseLinear of 2 in 3 bins",
            10,
            "b.lower 1 6*, b.factor 1 6*"),
        new(
            new FeatureTokensSpec("t", 2, 4),
            """{"layer":"featureTokens","name":"t","count":2,"columns":4}""",
            "FeatureTokens of 2 numbers, 4",
            4,
            "t.weight 2 4, t.bias 4 4")
        {
            Rows = rows => 4 * rows,
        },
        new(
            new FeatureTokensSpec("t", 0, 2),
            """{"layer":"featureTokens","name":"t","count":0,"columns":2}""",
            "FeatureTokens of 0 numbers, 2",
            2,
            "t.bias 4 2")
        {
            Rows = rows => 4 * rows,
        },
        new(
            new MemberMeanSpec("m", MemberMeanKind.LogMeanSoftmax),
            """{"layer":"memberMean","name":"m","average":"LogMeanSoftmax"}""",
            "MemberMean LogMeanSoftmax",
            6,
            "")
        {
            Rows = _ => 1,
        },
        new(
            new EnsembleSpec(
                "e",
                MemberMeanKind.LogitMeanSigmoid,
                [[new LinearSpec("e.0", 4)], [new DropoutSpec("e.d", 0.5f), new LinearSpec("e.1", 4)]]),
            """{"layer":"ensemble","name":"e","average":"LogitMeanSigmoid","members":[[{"layer":"linear","name":"e.0","outputs":4}],"""
                + """[{"layer":"dropout","name":"e.d","rate":0.5},{"layer":"linear","name":"e.1","outputs":4}]]}""",
            "Ensemble LogitMeanSigmoid (Linear 4; Dropout 0.5, Linear 4)",
            4,
            "e.0.weight 4 6, e.0.bias 1 4, e.1.weight 4 6, e.1.bias 1 4")
        {
            Rows = _ => 1,
            RefusedBy = "e.0",
        },
        new(
            new MemberSpreadSpec("m", 3),
            """{"layer":"memberSpread","name":"m","members":3}""",
            "MemberSpread 3",
            6,
            "m.weight 3 6")
        {
            Rows = _ => 3,
            Inputs = [new(Shape.Vector(6))],
        },
        new(
            new MemberSpreadSpec("m", 3, HasNoFactors: true),
            """{"layer":"memberSpread","name":"m","members":3,"hasNoFactors":true}""",
            "MemberSpread 3 without factors",
            6,
            "")
        {
            Rows = _ => 3,
            Inputs = [new(Shape.Vector(6))],
        },
        new(
            new MemberScaleSpec("m"),
            """{"layer":"memberScale","name":"m"}""",
            "MemberScale",
            6,
            "m.weight 1 6"),
        new(
            new MemberScaleSpec("m", HasBias: true),
            """{"layer":"memberScale","name":"m","hasBias":true}""",
            "MemberScale with bias",
            6,
            "m.weight 1 6, m.bias 1 6"),
        new(
            new MemberLinearSpec("m", 4),
            """{"layer":"memberLinear","name":"m","outputs":4}""",
            "MemberLinear 4",
            4,
            "m.weight 4 6, m.bias 1 4"),
        new(
            new CategoryEmbeddingSpec("c", 8),
            """{"layer":"categoryEmbedding","name":"c","columns":8}""",
            "CategoryEmbedding 8",
            20,
            "c.weight 27 8",
            Levels: [3, 20]),
        new(
            new EmbeddingBagSpec("b", 8),
            """{"layer":"embeddingBag","name":"b","columns":8}""",
            "EmbeddingBag 8",
            8,
            "b.weight 6 8",
            IsSparse: true),
    ];

    /// <summary>Rows of an example that it gives for so many.</summary>
    public Func<int, int> Rows { get; init; } = rows => rows;

    /// <summary>The layer that refuses what it does not read: itself, or the first one in it.</summary>
    public string RefusedBy { get; init; } = Spec.Name;

    /// <summary>What a network with it reads: 6 numbers, or ids.</summary>
    public InputSpec Input => Vocabulary is { } entries
        ? IsSequence ? new TokensInput("x", 7, entries) : new IdsInput("x", 7, entries)
        : new NumbersInput("x", 6, Categories: Levels, IsSparse: IsSparse);

    /// <summary>6 columns: a row of a table, a sequence, an image; or ids of a sequence.</summary>
    public IReadOnlyList<SpecValue> Inputs { get; init; } = Vocabulary is { } entries
        ? [new(new Shape(1, 1), entries), new(new Shape(7, 1), entries)]
        : Levels is { } levels ? [new(Shape.Vector(6), Categories: new CategoryColumns(6 - levels.Length, levels))]
        : IsSparse ? [new(Shape.Vector(6), IsSparse: true)]
        : [new(Shape.Vector(6)), new(new Shape(5, 6)), new(Shape.Image(2, 3, 6))];

    /// <summary>Whether it reads sequences alone.</summary>
    public bool IsSequence => Inputs[0].Shape.IsSequence;

    /// <summary>What it refuses: ids, or numbers.</summary>
    public SpecValue Refused => Vocabulary is null && Levels is null && !IsSparse ? new(new Shape(7, 1), 100) : new(new Shape(7, 1));

    /// <inheritdoc/>
    public override string ToString() => Text;
}
