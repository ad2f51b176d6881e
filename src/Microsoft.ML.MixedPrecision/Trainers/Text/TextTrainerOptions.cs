using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What trainers that read texts let choose, besides what all do: how texts become tokens, and the network.</summary>
/// <remarks>
/// <para>Texts are read, cut into tokens and kept as numbers once. A batch holds the tokens of its rows without padding, so that short
/// texts cost what they are long, and rows are shuffled as in every other trainer: the order of rows does not depend on their length. On a
/// graphics card the tokens of a batch are filled up to one of 16 sizes, so that there are few recorded graphs.</para>
/// <para>Defaults that differ from those of other trainers: with validation rows at most 16 epochs and 4 without a better one, else 10;
/// batches of 32 rows, 64 from 10,000 and 128 from 100,000 rows on; a rate of 1e-3 that rises during a tenth of the steps and then falls
/// along half a cosine; β₂ 0.98; gradients clipped to a norm of 1. With <see cref="Pretrained"/> weights: with validation rows at most 4
/// epochs and 2 without a better one, else 3; batches of 32 rows; a rate of 1e-3 for the last layer and a tenth of it for all others
/// (<see cref="FineTuningOptions.BackboneRate"/>), which rises during a tenth of the steps and then falls along a line; β₂ 0.999.</para>
/// </remarks>
public abstract class TextTrainerOptions : NetworkTrainerOptions
{
    /// <summary>What is usual for texts.</summary>
    internal static readonly UsualOptions OfTexts = new()
    {
        StoppedEpochs = 16,
        Epochs = 10,
        Patience = 4,
        BatchSizes = [(9_999, 32), (99_999, 64), (long.MaxValue, 128)],
        Schedule = LearningRateSchedule.Cosine,
        WarmupFraction = 0.1f,
        Beta2 = 0.98f,
    };

    internal static readonly UsualOptions OfFineTuning = new()
    {
        StoppedEpochs = 4,
        Epochs = 3,
        Patience = 2,
        BatchSizes = [(long.MaxValue, 32)],
        Schedule = LearningRateSchedule.Linear,
        WarmupFraction = 0.1f,
    };

    private protected TextTrainerOptions() => ClipNorm = 1;

    /// <summary>Column of the text. A missing text counts as an empty one.</summary>
    public string TextColumnName { get; set; } = "Text";

    /// <summary>Column of a second text, which is read with the first one, separated; null for none.</summary>
    public string? SecondTextColumnName { get; set; }

    /// <summary>How texts become tokens.</summary>
    public TextTokenizer Tokenizer { get; set; } = TextTokenizer.TrainWordPiece();

    /// <summary>Tokens of a row at most, from 4 to 65,536, those that begin and end it included. Longer texts are cut
    /// (<see cref="Truncation"/>), and a warning says how many were. Memory of attention grows with this number, time with its square where
    /// texts are that long.</summary>
    [Range(32, 512, init: 256, logBase: true)]
    public int MaxTokens { get; set; } = 256;

    /// <summary>Which tokens of a text are kept that has more than <see cref="MaxTokens"/>.</summary>
    public Truncation Truncation { get; set; }

    /// <summary>The network between tokens and scores.</summary>
    public TextBackbone Backbone { get; set; } = TextBackbone.Transformer();

    /// <summary>How the tokens' rows become the one that scores are computed from. With <see cref="Pretrained"/> weights that have BERT's
    /// pooler, a product and tanh, it stands behind <see cref="MixedPrecision.Pooling.Cls"/>.</summary>
    [Choice(MixedPrecision.Pooling.Mean, MixedPrecision.Pooling.Cls, MixedPrecision.Pooling.Max, MixedPrecision.Pooling.Last)]
    public Pooling Pooling { get; set; } = Pooling.Mean;

    /// <summary>Share that training drops of embeddings, of each layer's result, of the softmax of attention and of the pooled row; from
    /// 0 to below 1.</summary>
    [Range(0.0, 0.5)]
    public float Dropout { get; set; } = 0.1f;

    /// <summary>Weights to start from, of a model that was trained on many texts; null for random ones. They decide what the network and
    /// its tokens are, so that <see cref="Backbone"/> and <see cref="Tokenizer"/> change nothing.</summary>
    public PretrainedWeights? Pretrained { get; set; }

    /// <summary>Which parts of the network learn, and how fast.</summary>
    public FineTuningOptions FineTuning { get; set; } = new();

    /// <inheritdoc/>
    internal override UsualOptions Usual => Pretrained is null ? OfTexts : OfFineTuning;

    /// <inheritdoc/>
    internal override NetworkFamily CreateFamily() => new TextFamily(this);
}
