using Microsoft.ML.MixedPrecision.Layers;

namespace Microsoft.ML.MixedPrecision.Networks.Families;

/// <summary>
/// A Transformer on a row of a table, FT-Transformer: a token for each number, indicator of a gap and category (<c>categories</c>,
/// <c>tokens</c>), and one before them that gathers what the others say; blocks of attention (<c>layers.0.attention</c>) and of two
/// products (<c>layers.0.feedforward</c>), each added to what it reads; and of the first token alone <c>norm</c>, ReLU and <c>output</c>.
/// </summary>
/// <remarks>
/// <para>Each block normalises what it reads, but for the very first. <c>pooling</c> stands before the last block of products, since
/// nobody reads what that block would make of other tokens.</para>
/// <para>Source: Y. Gorishniy, I. Rubachev, V. Khrulkov, A. Babenko, "Revisiting Deep Learning Models for Tabular Data", 2021
/// (https://arxiv.org/abs/2106.11959). It has two products of which ReLU of one gates the other (ReGLU) where here there is one and
/// GELU, half as wide again for as many weights.</para>
/// </remarks>
/// <param name="Input">What it reads.</param>
/// <param name="Layers">Blocks of each kind, at least one.</param>
/// <param name="Width">Columns of a token.</param>
/// <param name="Heads">Heads of an attention, which divide the width.</param>
/// <param name="Hidden">Columns between the products of a block.</param>
/// <param name="Outputs">Columns of the output.</param>
/// <param name="Dropout">Share that training drops of what is between the products of a block.</param>
/// <param name="AttentionDropout">Share of the softmax that training drops.</param>
internal sealed record TabularTransformer(
    NumbersInput Input,
    int Layers,
    int Width,
    int Heads,
    int Hidden,
    int Outputs,
    float Dropout = 0,
    float AttentionDropout = 0)
{
    /// <summary>Tokens of a row at most, since the time of attention grows with their square.</summary>
    private const int MostTokens = 4096;

    /// <summary>The network as data; sizes are checked where it is made.</summary>
    /// <exception cref="InvalidDataException">A row has too many columns.</exception>
    public NetworkSpec ToSpec()
    {
        if (Input.Width >= MostTokens)
        {
            throw new InvalidDataException($"A row has {Input.Width} features and indicators of gaps, each of which is a token; a "
                + $"Transformer reads at most {MostTokens - 1}. Use a multilayer perceptron, or name columns of categories in "
                + "CategoricalColumnNames, of which each is one token however many levels it has.");
        }

        int categories = Input.Categories?.Count ?? 0;
        return new NetworkSpec([Input], [
            .. categories > 0 ? [new CategoryEmbeddingSpec("categories", Width)] : Array.Empty<LayerSpec>(),
            new FeatureTokensSpec("tokens", Input.Width - categories, Width),
            .. Enumerable.Range(0, Layers).SelectMany(Block),
            new LayerNormSpec("norm"),
            new ActivationSpec("norm.activation", ActivationKind.Relu),
            new LinearSpec("output", Outputs),
        ]);
    }

    private IEnumerable<LayerSpec> Block(int layer)
    {
        string attention = $"layers.{layer}.attention", products = $"layers.{layer}.feedforward";
        yield return new ResidualSpec(attention, [
            .. layer > 0 ? [new LayerNormSpec(attention + ".norm")] : Array.Empty<LayerSpec>(),
            .. Transformer.AttentionOf(attention, Width, Heads, AttentionDropout),
        ]);
        if (layer == Layers - 1)
        {
            yield return new PoolingSpec("pooling", Pooling.Cls);
        }

        yield return new ResidualSpec(products, [
            new LayerNormSpec(products + ".norm"),
            .. Transformer.FeedForwardOf(products, Hidden, Width, ActivationKind.GeluErf, Dropout),
        ]);
    }
}
