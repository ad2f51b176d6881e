using Microsoft.ML.MixedPrecision.Layers;

namespace Microsoft.ML.MixedPrecision.Networks.Families;

/// <summary>
/// A Transformer that reads tokens and gives one row of numbers for an example, or without pooling one for each token. Embeddings of
/// tokens (<c>embeddings.tokens</c>), of positions (<c>embeddings.positions</c>) and, with <see cref="Separator"/>, of types; blocks of
/// attention (<c>layers.0.attention</c>: product to queries, keys and values <c>.qkv</c>, <c>.heads</c>, product <c>.out</c>) and of two
/// products (<c>layers.0.feedforward</c>: <c>.in</c>, <c>.out</c>), each added to what it reads; <c>pooling</c>; where asked for, BERT's
/// <c>pooler</c>, a product and tanh; and <c>output</c>, which may have the weights of the tokens' embedding.
/// </summary>
/// <remarks>With <see cref="IsPreNorm"/> each block normalises what it reads and a last <c>norm</c> stands behind all, as in GPT-2,
/// which trains without care from random weights; without, each sum is normalised, and the embeddings are, as in BERT. Sources: A. Vaswani
/// et al., "Attention Is All You Need", 2017; J. Devlin et al., "BERT", 2018; R. Xiong et al., "On Layer Normalization in the Transformer
/// Architecture", 2020.</remarks>
/// <param name="Input">What it reads.</param>
/// <param name="Layers">Blocks of each kind.</param>
/// <param name="Width">Columns between blocks.</param>
/// <param name="Heads">Heads of an attention, which divide the width.</param>
/// <param name="Hidden">Columns inside the second kind of block.</param>
/// <param name="Outputs">Columns of the output; null for none, so that the pooled row is what the network gives.</param>
/// <param name="Dropout">Share that training drops of embeddings, of each block's result, of the softmax and of the pooled row.</param>
/// <param name="IsPreNorm">Whether what blocks read is normalised, not what they give.</param>
/// <param name="Pooling">How the steps become one row; null: each step has its own.</param>
/// <param name="Epsilon">ε of the norms; null for that of <see cref="LayerNormSpec"/>.</param>
/// <param name="Activation">What stands between the products of the second kind of block.</param>
/// <param name="Separator">The id that ends a text, where tokens behind the first one are of another type; null for no types.</param>
/// <param name="HasPooler">Whether a product and tanh stand behind the pooled row.</param>
/// <param name="IsCausal">Whether a token sees itself and earlier ones alone.</param>
/// <param name="IsTied">Whether the output's weights are those of the tokens' embedding, so that there is an output for each
/// token.</param>
internal sealed record Transformer(
    TokensInput Input,
    int Layers,
    int Width,
    int Heads,
    int Hidden,
    int? Outputs,
    float Dropout = 0f,
    bool IsPreNorm = true,
    Pooling? Pooling = MixedPrecision.Pooling.Mean,
    float? Epsilon = null,
    ActivationKind Activation = ActivationKind.GeluErf,
    int? Separator = null,
    bool HasPooler = false,
    bool IsCausal = false,
    bool IsTied = false)
{
    private const string Tokens = "embeddings.tokens";

    /// <summary>The network as data; sizes are checked where it is made.</summary>
    public NetworkSpec ToSpec() => new([Input], [
        new EmbeddingSpec(Tokens, Width, Separator: Separator),
        new PositionsSpec("embeddings.positions"),
        .. IsPreNorm ? Array.Empty<LayerSpec>() : [Norm("embeddings.norm")],
        .. Dropped("embeddings.dropout"),
        .. Enumerable.Range(0, Layers).SelectMany(Block),
        .. IsPreNorm ? [Norm("norm")] : Array.Empty<LayerSpec>(),
        .. Pooling is { } pooling ? [new PoolingSpec("pooling", pooling)] : Array.Empty<LayerSpec>(),
        .. HasPooler
            ? [new LinearSpec("pooler", Width), new ActivationSpec("pooler.activation", ActivationKind.Tanh)]
            : Array.Empty<LayerSpec>(),
        .. Outputs is { } outputs
            ? [.. Dropped(Pooling is null ? "output.dropout" : "pooling.dropout"), Last(outputs)]
            : Array.Empty<LayerSpec>(),
    ]);

    /// <summary>What a block of attention computes: products around the heads.</summary>
    /// <param name="name">The block's name.</param>
    /// <param name="width">Columns that it reads and gives.</param>
    /// <param name="heads">Heads, which divide them.</param>
    /// <param name="dropout">Share of the softmax that training drops.</param>
    /// <param name="isCausal">Whether a row sees itself and earlier ones alone.</param>
    public static LayerSpec[] AttentionOf(string name, int width, int heads, float dropout, bool isCausal = false) =>
    [
        new LinearSpec(name + ".qkv", 3 * width),
        new AttentionSpec(name + ".heads", heads, isCausal, dropout),
        new LinearSpec(name + ".out", width),
    ];

    /// <summary>What a block of the second kind computes: two products.</summary>
    /// <param name="name">The block's name.</param>
    /// <param name="hidden">Columns between them.</param>
    /// <param name="width">Columns that it reads and gives.</param>
    /// <param name="activation">What stands between them.</param>
    /// <param name="dropout">Share of what stands between them that training drops.</param>
    public static LayerSpec[] FeedForwardOf(string name, int hidden, int width, ActivationKind activation, float dropout = 0) =>
    [
        new LinearSpec(name + ".in", hidden),
        new ActivationSpec(name + ".activation", activation),
        .. dropout > 0 ? [new DropoutSpec(name + ".inner.dropout", dropout)] : Array.Empty<LayerSpec>(),
        new LinearSpec(name + ".out", width),
    ];

    private IEnumerable<LayerSpec> Block(int layer) =>
    [
        .. Added($"layers.{layer}.attention",
            name => AttentionOf(name, Width, Heads, Dropout, IsCausal)),
        .. Added($"layers.{layer}.feedforward",
            name => FeedForwardOf(name, Hidden, Width, Activation)),
    ];

    private IEnumerable<LayerSpec> Added(string name, Func<string, LayerSpec[]> layers)
    {
        LayerNormSpec norm = Norm(name + ".norm");
        LayerSpec[] inner = [.. layers(name), .. Dropped(name + ".dropout")];
        return IsPreNorm
            ? [new ResidualSpec(name, [norm, .. inner])]
            : [new ResidualSpec(name, inner), norm];
    }

    private LayerSpec Last(int outputs)
        => IsTied ? new TiedLinearSpec("output", outputs, Tokens) : new LinearSpec("output", outputs);

    private LayerNormSpec Norm(string name) => new(name, Epsilon);

    private LayerSpec[] Dropped(string name) => Dropout > 0 ? [new DropoutSpec(name, Dropout)] : [];
}
