using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Text;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>The Transformer of a family that reads tokens, and where it starts: a backbone of random weights, or pretrained ones.</summary>
/// <param name="backbone">The backbone.</param>
/// <param name="tokenizer">How texts become tokens beside it.</param>
/// <param name="pretrained">Weights in place of both; null for none.</param>
/// <param name="fineTuning">What learns, and how fast.</param>
internal sealed class TransformerStart(
    TextBackbone backbone, TextTokenizer tokenizer, PretrainedWeights? pretrained, FineTuningOptions fineTuning)
{
    private const float PretrainedRate = 0.1f;

    private readonly FineTuning _fineTuning = new(fineTuning, pretrained is null ? 1 : PretrainedRate);
    private PretrainedEncoder? _encoder;
    private IReadOnlyList<string> _left = [];

    /// <summary>How texts become tokens.</summary>
    public TextTokenizer Tokenizer => pretrained is null ? tokenizer : TextTokenizer.FromFile(pretrained.Folder);

    /// <summary>The options that decide the network, as the start of a sentence.</summary>
    public string Text => pretrained is null ? $"Backbone {backbone}" : $"Pretrained '{pretrained}'";

    /// <summary>Whether weights are pretrained.</summary>
    public bool IsPretrained => pretrained is not null;

    /// <summary>What <see cref="Fill"/> did; null for nothing.</summary>
    public string? Remark => pretrained is null ? null
        : $"Weights are those of '{pretrained}', a {_encoder!.Config.Kind} of {_encoder.Config.Layers} layers of {_encoder.Config.Width}; "
            + "the last layer is new"
            + (_left.Count == 0 ? "." : $", and these tensors of other tasks are left out: {string.Join(", ", _left)}.");

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One is null or outside its range.</exception>
    public void Check()
    {
        RequireValue(tokenizer, nameof(TextTrainerOptions.Tokenizer), "for example TextTokenizer.TrainWordPiece()");
        RequireValue(backbone, nameof(TextTrainerOptions.Backbone), "for example TextBackbone.Transformer()");
        RequireValue(fineTuning, nameof(TextTrainerOptions.FineTuning), "a FineTuningOptions, by default new()");
        _fineTuning.Check();
    }

    /// <summary>Reads what the weights are, where there are any, at the beginning of a fit.</summary>
    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or of a model of another kind.</exception>
    public void Open() => _encoder = pretrained is null ? null : PretrainedEncoder.Open(pretrained.Folder);

    /// <summary>The network.</summary>
    /// <param name="input">What it reads.</param>
    /// <param name="outputs">Columns of the last layer.</param>
    /// <param name="dropout">Share that training drops.</param>
    /// <param name="pooling">How the steps become one row; null: each has its own.</param>
    /// <exception cref="InvalidDataException">The weights are not for such an input.</exception>
    public Transformer Network(TokensInput input, int outputs, float dropout, Pooling? pooling)
    {
        if (pretrained is null)
        {
            return new Transformer(
                input,
                backbone.Layers,
                backbone.Width,
                backbone.Heads,
                backbone.FeedForward,
                outputs,
                dropout,
                backbone.IsPreNorm,
                pooling);
        }

        _encoder ??= PretrainedEncoder.Open(pretrained.Folder);
        return _encoder.Network(input, outputs, dropout, pooling);
    }

    /// <summary>Puts pretrained weights, where there are any, into all layers but the last.</summary>
    /// <param name="network">The network.</param>
    /// <exception cref="InvalidDataException">They do not fit.</exception>
    public void Fill(Network network) => _left = _encoder?.Fill(network) ?? [];

    /// <summary>Changes the factors of rates.</summary>
    /// <param name="network">The network.</param>
    public void SetRates(Network network) => _fineTuning.SetRates(network);

    /// <summary>What keeps its values.</summary>
    /// <param name="network">The network.</param>
    /// <exception cref="InvalidOperationException">A name is of no parameter, or nothing is left to train.</exception>
    public FrozenParameters Frozen(Network network) => _fineTuning.Frozen(network);

    /// <summary>A sentence or two for each option that changes nothing.</summary>
    /// <param name="usualTokenizer">The tokenizer where none is set.</param>
    /// <param name="isWarm">Whether training goes on from a previous model.</param>
    /// <param name="used">What makes the tokens; null for nothing.</param>
    public IEnumerable<string> Idle(TextTokenizer usualTokenizer, bool isWarm, Tokenizer? used)
    {
        if (pretrained is null)
        {
            if (isWarm && IdleTokenizer(tokenizer, usualTokenizer, used) is { } idle)
            {
                yield return idle;
            }

            yield break;
        }

        if (tokenizer != usualTokenizer)
        {
            yield return $"Tokenizer is {tokenizer}, but Pretrained decides that, so that it changes nothing. Leave Tokenizer out.";
        }

        if (backbone != TextBackbone.Transformer())
        {
            yield return $"Backbone is {backbone}, but Pretrained decides that, so that it changes nothing. Leave Backbone out.";
        }

        if (isWarm)
        {
            yield return $"Pretrained is '{pretrained}', but training goes on from a model, so that it changes nothing. Leave it out, or "
                + "train without a previous model.";
        }
    }

    /// <summary>A sentence where training goes on from a model with other tokens than a tokenizer makes; else null.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="usual">The tokenizer where none is set.</param>
    /// <param name="used">What makes the tokens; null for nothing.</param>
    public static string? IdleTokenizer(TextTokenizer tokenizer, TextTokenizer usual, Tokenizer? used)
        => used is null || tokenizer == usual || tokenizer.MayBe(used.Spec)
            ? null
            : $"Tokenizer is {tokenizer}, but training goes on from a model that has {used.Count} tokens of its own, so that it changes "
                + "nothing. Set Tokenizer to what it was, or train without a previous model.";
}
