using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What the trainers of Transformers on tables let choose besides what those of all tables do: the network.</summary>
/// <remarks>
/// <para>A row of n numbers (indicators of gaps among them) and m categories becomes T = 1 + n + m tokens of d = <see cref="Width"/>
/// numbers, (N·T, d) of N rows: xᵢ·wᵢ + bᵢ of a number, a learned row of a table + bⱼ of a category, and one learned token before them.
/// Then come <see cref="Layers"/> times t + attention(norm(t)) and t + W₂·GELU(W₁·norm(t)), the very first without norm; scores are
/// W·ReLU(norm(t)) of the first token. Time grows with the tokens, and of attention with their square.</para>
/// <para>Defaults that differ from those of other trainers: a rate of 1e-4 and a decay of 1e-5. Source: FT-Transformer, Y. Gorishniy et
/// al., "Revisiting Deep Learning Models for Tabular Data" (https://arxiv.org/abs/2106.11959), whose defaults these are but for GELU in
/// place of ReGLU and for the size of batches.</para>
/// </remarks>
public abstract class TabularTransformerTrainerOptions : TableTrainerOptions
{
    private static readonly UsualOptions OfTransformers = new() { LearningRate = 1e-4f, WeightDecay = 1e-5f };

    private protected TabularTransformerTrainerOptions()
    {
    }

    /// <summary>Blocks of attention, and as many of products; from 1 to 64.</summary>
    [Range(1, 6, init: 3)]
    public int Layers { get; set; } = 3;

    /// <summary>Numbers of a token, a multiple of <see cref="Heads"/>; up to 512.</summary>
    public int Width { get; set; } = 192;

    /// <summary>Heads of an attention; they divide <see cref="Width"/>.</summary>
    public int Heads { get; set; } = 8;

    /// <summary>Columns between the two products of a block, from 1 to 65536; null for twice the <see cref="Width"/>, which has as many
    /// weights as the paper's ReGLU of four thirds of it.</summary>
    [Range(64, 1024, init: 384, logBase: true)]
    public int? FeedForward { get; set; }

    /// <summary>Share that training drops of what is between the two products of a block; from 0 to below 1.</summary>
    [Range(0.0, 0.5, init: 0.1)]
    public float Dropout { get; set; } = 0.1f;

    /// <summary>Share that training drops of the softmax of attention; from 0 to below 1.</summary>
    [Range(0.0, 0.5, init: 0.2)]
    public float AttentionDropout { get; set; } = 0.2f;

    /// <inheritdoc/>
    internal override UsualOptions Usual => OfTransformers;

    /// <inheritdoc/>
    internal override NetworkFamily CreateFamily() => new TabularTransformerFamily(this);
}
