using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.Runtime;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Makes vectors of texts with a pretrained encoder, whose weights stay as they are; reached by
/// <c>mlContext.MixedPrecision().Transforms.EmbedText</c>.</summary>
/// <remarks>
/// <para>Texts of like meaning get vectors of a small angle between them, so that a linear trainer of ML.NET behind them learns from few
/// rows. The weights are those of a folder (<see cref="PretrainedWeights"/>); to change them too, give them to a text trainer.</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>text, in</term><description>text; a missing one counts as empty</description></item>
/// <item><term>embedding, out</term><description>vector of Single, as long as the encoder is wide</description></item>
/// </list>
/// </remarks>
public sealed class TextEmbeddingEstimator : IEstimator<TextEmbeddingTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;

    internal TextEmbeddingEstimator(IHostEnvironment env, Options options)
    {
        options.ThrowIfInvalid();
        (_host, _options) = (env.Register(nameof(TextEmbeddingEstimator)), options);
    }

    private TextTokensEstimator Tokens => new(
        _host,
        [_options.TextColumnName],
        TextTokenizer.FromFile(_options.Pretrained!.Folder),
        new SequenceLimit(_options.MaxTokens, _options.Truncation));

    /// <summary>Reads the weights, and checks that the data have the column of texts.</summary>
    /// <param name="input">The data; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or holds no text.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">Weights or vocabulary are damaged, or do not fit together.</exception>
    public TextEmbeddingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        TextTokensEstimator tokens = Tokens;
        tokens.GetOutputSchema(SchemaShape.Create(input.Schema));
        var encoder = PretrainedEncoder.Open(_options.Pretrained!.Folder);
        var mapper = (TextTokensTransformer)tokens.Fit(input);
        var network = new Network(encoder.Network(
            new TokensInput(RowSchema.Features, _options.MaxTokens, mapper.Tokenizer.Count),
            outputs: null,
            dropout: 0,
            _options.Pooling).ToSpec());
        IReadOnlyList<string> left = encoder.Fill(network);
        if (left.Count > 0)
        {
            using IChannel channel = _host.Start("Read");
            channel.Info($"Tensors of other tasks are left out: {string.Join(", ", left)}.");
        }

        return new TextEmbeddingTransformer(_host, mapper, network, _options.OutputColumnName, _options.Normalize);
    }

    /// <summary>The columns behind the transformer.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column of texts is missing or holds no text.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Tokens.GetOutputSchema(inputSchema);
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        columns[_options.OutputColumnName] = new SchemaShape.Column(
            _options.OutputColumnName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false);
        return new SchemaShape(columns.Values);
    }

    /// <summary>How texts are embedded.</summary>
    public sealed class Options
    {
        /// <summary>Column of the embeddings.</summary>
        public string OutputColumnName { get; set; } = "Embedding";

        /// <summary>Column of the text. A missing text counts as an empty one.</summary>
        public string TextColumnName { get; set; } = "Text";

        /// <summary>The weights; must be set.</summary>
        public PretrainedWeights? Pretrained { get; set; }

        /// <summary>How the tokens' rows become one: as the weights' page says, most often their mean. <see cref="Pooling.Cls"/> is the
        /// first token's row, without BERT's pooler.</summary>
        public Pooling Pooling { get; set; } = Pooling.Mean;

        /// <summary>Whether each embedding is divided by its length, so that the product of two is the cosine of their angle.</summary>
        public bool Normalize { get; set; } = true;

        /// <summary>Tokens of a text at most, from 4 to what the weights have positions for, those that begin and end it
        /// included.</summary>
        public int MaxTokens { get; set; } = 256;

        /// <summary>Which tokens of a text are kept that has more than <see cref="MaxTokens"/>.</summary>
        public Truncation Truncation { get; set; }

        internal void ThrowIfInvalid()
        {
            RequireName(OutputColumnName, nameof(OutputColumnName), "Embedding");
            RequireName(TextColumnName, nameof(TextColumnName), "Text");
            RequireValue(Pretrained, nameof(Pretrained), "set, for example to PretrainedWeights.FromFolder(\"all-MiniLM-L6-v2\")");
            RequireDefined(Pooling, nameof(Pooling));
            RequireDefined(Truncation, nameof(Truncation));
            RequireTokens(MaxTokens, nameof(MaxTokens));
        }
    }
}
