using Microsoft.ML.MixedPrecision.Tests.Pretrained;
using Microsoft.ML.MixedPrecision.Tests.Trainers.Words;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>A trainer of texts, or of words, on a network that learns in a moment, so that one test serves all.</summary>
/// <param name="name">For people.</param>
internal abstract class TextCase(string name)
{
    public static readonly TextCase Classes = new TextCase<
        TextClassificationTrainer.Options, NetworkMulticlassTransformer, NetworkMulticlassModelParameters>(
            "classes", nameof(TextRow.Group), (trainers, options) => trainers.TextClassification(options));

    public static readonly TextCase Binary = new TextCase<
        TextBinaryTrainer.Options, NetworkBinaryTransformer, NetworkBinaryModelParameters>(
            "binary", nameof(TextRow.IsTool), (trainers, options) => trainers.TextBinary(options));

    public static readonly TextCase Numbers = new TextCase<
        TextRegressionTrainer.Options, NetworkRegressionTransformer, NetworkRegressionModelParameters>(
            "numbers", nameof(TextRow.Number), (trainers, options) => trainers.TextRegression(options));

    public static readonly TextCase Words = new TextCase<
        TokenClassificationTrainer.Options, NetworkTokenTransformer, NetworkTokenModelParameters>(
            "words", nameof(WordsRow.Tags), (trainers, options) => trainers.TokenClassification(options));

    /// <summary>All of them, as arguments of tests.</summary>
    public static IEnumerable<object[]> All => [[Classes], [Binary], [Numbers], [Words]];

    /// <summary>Rows whose label is a key where the task has keys, in the order of their texts.</summary>
    public IDataView Rows(MLContext ml, int count, int seed = 3)
        => this == Words
            ? Labelled(ml, ml.Data.LoadFromEnumerable(WordsRow.Rows(count, seed)))
            : Labelled(ml, ml.Data.LoadFromEnumerable(TextRow.Rows(count, seed)));

    /// <summary>Rows of <see cref="TextRow"/>, or <see cref="WordsRow"/>, with keys for classes.</summary>
    public IDataView Labelled(MLContext ml, IDataView rows)
    {
        if (this == Binary || this == Numbers)
        {
            return rows;
        }

        string label = this == Words ? nameof(WordsRow.Tags) : nameof(TextRow.Group);
        return ml.Transforms.Conversion.MapValueToKey(label, keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Fit(rows).Transform(rows);
    }

    /// <inheritdoc/>
    public override string ToString() => name;

    /// <summary>The trainer.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="change">Changes options.</param>
    public abstract IEstimator<ITransformer> Trainer(MLContext ml, Action<dynamic>? change = null);

    /// <summary>Trains.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="rows">Rows that train.</param>
    /// <param name="change">Changes options.</param>
    /// <param name="previous">What training goes on from; null for nothing.</param>
    /// <param name="validation">Rows that validate; null for none.</param>
    public abstract ITransformer Fit(
        MLContext ml, IDataView rows, Action<dynamic>? change = null, ITransformer? previous = null, IDataView? validation = null);

    /// <summary>Starts from the weights of a small BERT of letters.</summary>
    public static void FromWeights(dynamic options)
    {
        options.Pretrained = PretrainedWeights.FromFolder(new EncoderCase("bert").Folder);
        options.MaxTokens = 12;
        options.Tokenizer = TextTokenizer.TrainWordPiece();
        options.Backbone = TextBackbone.Transformer();
    }
}
