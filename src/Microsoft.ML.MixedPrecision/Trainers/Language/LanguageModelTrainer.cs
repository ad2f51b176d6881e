using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a language model, a small GPT: a Transformer that predicts each token of a text from those before, on the GPU or the
/// CPU, in mixed precision. It tells how likely texts are, and writes new ones.</summary>
/// <remarks>
/// <para>Texts become tokens inside the trainer, with a token that begins and one that ends each, where the vocabulary has such. The loss
/// is the cross-entropy of the softmax of the network's outputs, −Σ ln p(tokenᵢ | tokens before) ÷ predicted tokens, over all tokens but
/// the first one of each text; its exponential is the perplexity. A text of more than <see cref="Options.MaxTokens"/> predictions is cut
/// into windows, each of which begins anew with the last token of the one before: nothing of it is left out.</para>
/// <para>The network is pre-norm or post-norm as <see cref="TextBackbone"/> says, each token sees itself and earlier ones alone, and the
/// weights of the output are those of the tokens' embedding. Source: A. Radford et al., "Language Models are Unsupervised Multitask
/// Learners", 2019.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Language modelling, from texts without labels</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once, and once
/// before for a vocabulary that is trained</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>text, in</term><description>text; a missing one counts as empty</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative: of all tokens of the text</description></item>
/// <item><term>out</term><description><c>LogLikelihood</c>, Single: Σ ln p of the text's tokens, its end included; <c>TokenCount</c>,
/// Int32: how many these are</description></item>
/// </list>
/// </remarks>
public sealed class LanguageModelTrainer : IEstimator<LanguageModelTransformer>
{
    private readonly IHostEnvironment _env;
    private readonly Options _options;

    internal LanguageModelTrainer(IHostEnvironment env, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsCheck.ThrowIfInvalid(options);
        (_env, _options) = (env, (Options)options.Copy());
    }

    /// <summary>Trains.</summary>
    /// <param name="input">Texts.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column of texts is missing or holds no text.</exception>
    /// <exception cref="InvalidOperationException">The texts cannot be trained on; the message names column and row.</exception>
    /// <exception cref="NotSupportedException">The device asked for is not there.</exception>
    /// <exception cref="TrainingCanceledException">The token or the context was cancelled after training had begun.</exception>
    public LanguageModelTransformer Fit(IDataView input) => Train(input, null, null);

    /// <summary>Trains, and validates after each epoch: the validation texts replace the tenth that is held back otherwise, and tell when
    /// to stop.</summary>
    /// <param name="trainData">Texts, all of which train.</param>
    /// <param name="validationData">Texts that validate.</param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public LanguageModelTransformer Fit(IDataView trainData, IDataView validationData)
    {
        ArgumentNullException.ThrowIfNull(validationData);
        return Train(trainData, validationData, null);
    }

    /// <summary>Goes on from a trained model, on its tokens.</summary>
    /// <param name="trainData">Texts.</param>
    /// <param name="validationData">Texts that validate; null for those of the options, or a tenth.</param>
    /// <param name="previousModel">The model, of the same layers; it is not changed.</param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public LanguageModelTransformer Fit(IDataView trainData, IDataView? validationData, LanguageModelTransformer previousModel)
    {
        ArgumentNullException.ThrowIfNull(previousModel);
        return Train(trainData, validationData, previousModel);
    }

    /// <summary>The columns behind the transformer.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column of texts is missing or holds no text.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Tokens().GetOutputSchema(inputSchema);
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        foreach ((string name, DataViewType type) in LanguageModelMapper.Added)
        {
            columns[name] = new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Scalar, type, isKey: false);
        }

        return new SchemaShape(columns.Values);
    }

    private TextTokensEstimator Tokens()
        => new(_env, [_options.TextColumnName], _options.Tokenizer, new SequenceLimit(_options.MaxTokens, Truncation.Head));

    /// <summary>Makes tokens of the column of texts, as a previous model does, or as the options say.</summary>
    private TextTokensTransformer Tokens(IDataView trainData, LanguageModelTransformer? previous)
    {
        Tokens().GetOutputSchema(SchemaShape.Create(trainData.Schema));
        return previous is null
            ? (TextTokensTransformer)Tokens().Fit(trainData)
            : new TextTokensTransformer(_env, [_options.TextColumnName], previous.Tokens.Tokenizer, previous.Tokens.Limit);
    }

    /// <exception cref="ArgumentOutOfRangeException">Validation rows have no such column of texts as those that train.</exception>
    private void RequireText(IDataView? validationData)
    {
        DataViewType? type = validationData?.Schema.GetColumnOrNull(_options.TextColumnName)?.Type;
        if (validationData is not null && type is not TextDataViewType)
        {
            throw new ArgumentOutOfRangeException(nameof(validationData), $"The text column '{_options.TextColumnName}' of the validation "
                + $"set holds {type?.ToString() ?? "nothing"}; it must hold a text. Give the validation set the training set's columns.");
        }
    }

    private void RequireOneValidationSet(IDataView? validationData)
    {
        if (validationData is not null && _options.ValidationSet is not null)
        {
            throw new ArgumentException($"There are validation texts by {nameof(NetworkTrainerOptions.ValidationSet)} already; leave that "
                + "unset, or call Fit with the training texts alone.", nameof(validationData));
        }
    }

    private LanguageModelTransformer Train(IDataView trainData, IDataView? validationData, LanguageModelTransformer? previous)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        RequireOneValidationSet(validationData);
        TextTokensTransformer tokens = Tokens(trainData, previous);
        var options = (Options)_options.Copy();
        options.Tokens = tokens;
        options.LabelColumnName = TokenWindowsView.NextOf(_options.TextColumnName);
        validationData ??= options.ValidationSet;
        options.ValidationSet = null;
        RequireText(validationData);
        var trainer = new NetworkOfTokensTrainer(_env, options);
        IDataView train = Windows(trainData, tokens);
        NetworkTokenTransformer? before = previous is null ? null : trainer.Transformer(previous.Model, train.Schema);
        LanguageModelTransformer Made(NetworkTokenTransformer network) => new(_env, tokens, network.Model);
        try
        {
            return Made(
                before is not null ? trainer.Fit(train, validationData is null ? null : Windows(validationData, tokens), before)
                : validationData is null ? trainer.Fit(train)
                : trainer.Fit(train, Windows(validationData, tokens)));
        }
        catch (TrainingCanceledException e) when (e.Model is NetworkTokenTransformer network)
        {
            throw new TrainingCanceledException(e, e.Result, Made(network));
        }
        catch (Exception e) when (UnfinishedModel.Of(e) is NetworkTokenTransformer network)
        {
            UnfinishedModel.Attach(e, Made(network));
            throw;
        }
    }

    private TokenWindowsView Windows(IDataView data, TextTokensTransformer tokens)
        => new(data, _options.TextColumnName, _options.ExampleWeightColumnName, tokens.Tokenizer, tokens.Limit.MaxTokens);

    /// <summary>How to train. There is no label: leave <see cref="NetworkTrainerOptions.LabelColumnName"/> as it is.</summary>
    /// <remarks>Rows of which batches are made, held back and shuffled are windows of texts. A batch holds their tokens without padding,
    /// and the same defaults differ from those of other trainers as do those of <see cref="TextTrainerOptions"/>.</remarks>
    public sealed class Options : NetworkTrainerOptions
    {
        /// <summary>The usual options.</summary>
        public Options() => ClipNorm = 1;

        /// <summary>Column of the text. A missing text counts as an empty one.</summary>
        public string TextColumnName { get; set; } = "Text";

        /// <summary>How texts become tokens. Case is kept by default, so that generated texts have it.</summary>
        public TextTokenizer Tokenizer { get; set; } = TextTokenizer.TrainWordPiece(lowerCase: false);

        /// <summary>Tokens that a prediction sees at most, from 4 to 65,536: the context. Memory of attention grows with this number, time
        /// with its square where texts are that long.</summary>
        [Range(32, 1024, init: 256, logBase: true)]
        public int MaxTokens { get; set; } = 256;

        /// <summary>The network between tokens and predictions.</summary>
        public TextBackbone Backbone { get; set; } = TextBackbone.Transformer(layers: 4, width: 256, heads: 4);

        /// <summary>Share that training drops of embeddings, of each layer's result, of the softmax of attention and of what predictions
        /// are computed from; from 0 to below 1.</summary>
        [Range(0.0, 0.5)]
        public float Dropout { get; set; } = 0.1f;

        /// <summary>Share ε of the target that all tokens get alike; from 0 to below 1. Validation measures without it.</summary>
        [Range(0.0, 0.3)]
        public float LabelSmoothing { get; set; }

        /// <summary>What makes the tokens of a fit: what <see cref="Tokenizer"/> describes, or a previous model's.</summary>
        internal TextTokensTransformer? Tokens { get; set; }

        /// <inheritdoc/>
        internal override UsualOptions Usual => TextTrainerOptions.OfTexts;

        /// <inheritdoc/>
        internal override NetworkFamily CreateFamily() => new LanguageFamily(this);
    }

    /// <summary>The trainer of the network, on windows of tokens.</summary>
    private sealed class NetworkOfTokensTrainer(IHostEnvironment env, Options options)
        : NetworkTrainer<NetworkTokenTransformer, NetworkTokenModelParameters>(
            env, nameof(LanguageModelTrainer), TokenTask.OfTexts(options, options.LabelSmoothing))
    {
        /// <summary>A model with the columns of the windows that it was, or is to be, trained on.</summary>
        public NetworkTokenTransformer Transformer(NetworkTokenModelParameters model, DataViewSchema schema)
            => MakeTransformer(model, schema);
    }
}
