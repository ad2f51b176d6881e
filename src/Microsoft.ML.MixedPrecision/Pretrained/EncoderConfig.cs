namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>The sizes of an encoder: <c>config.json</c> as Hugging Face's library writes it.</summary>
/// <remarks>Source: https://huggingface.co/docs/transformers/model_doc/bert, …/roberta and …/distilbert.</remarks>
internal sealed record EncoderConfig
{
    /// <summary>The file's name.</summary>
    public const string FileName = "config.json";

    private const float BertEpsilon = 1e-12f, RobertaEpsilon = 1e-5f;

    /// <summary>How weights are named.</summary>
    public required EncoderKind Kind { get; init; }

    /// <summary>Rows of the table of tokens.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Numbers a token.</summary>
    public required int Width { get; init; }

    /// <summary>Layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Heads of an attention.</summary>
    public required int Heads { get; init; }

    /// <summary>Numbers inside a layer of products.</summary>
    public required int FeedForward { get; init; }

    /// <summary>Rows of the table of positions.</summary>
    public required int Positions { get; init; }

    /// <summary>The row of that table that a text's first token has.</summary>
    public int FirstPosition { get; init; }

    /// <summary>Rows of the table of token types: 0, 1 or 2.</summary>
    public required int Types { get; init; }

    /// <summary>ε of the norms.</summary>
    public required float Epsilon { get; init; }

    /// <summary>What stands between the products of a layer.</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.GeluErf;

    /// <summary>Tokens of a row at most.</summary>
    public int MostTokens => Positions - FirstPosition;

    /// <summary>Reads a folder's <see cref="FileName"/>.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FileNotFoundException">It has none.</exception>
    /// <exception cref="InvalidDataException">It is of another model, or says what there cannot be.</exception>
    public static EncoderConfig Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no '{path}', which says how large the model is. Download it beside the weights.",
                path);
        }

        using var json = new PretrainedJson(path);
        EncoderConfig config = json.Text("model_type") switch
        {
            "bert" => Bert(json, EncoderKind.Bert, BertEpsilon),
            "roberta" => Bert(json, EncoderKind.Roberta, RobertaEpsilon) with { FirstPosition = json.Number("pad_token_id", 0, 1) + 1 },
            "distilbert" => DistilBert(json),
            var other => throw json.Wrong("model_type", $"'{other}'", "bert (MiniLM too), roberta or distilbert"),
        };
        if (json.Text("position_embedding_type", "absolute") is var positions && positions != "absolute")
        {
            throw json.Wrong("position_embedding_type", $"'{positions}'", "absolute");
        }

        return config.Width % config.Heads != 0
            ? throw json.Wrong("hidden size", $"{config.Width}", $"a multiple of its {config.Heads} heads")
            : config.Types > 2 ? throw json.Wrong("type_vocab_size", $"{config.Types}", "0, 1 or 2")
            : config.MostTokens < 1 ? throw json.Wrong("max_position_embeddings", $"{config.Positions}", $"above {config.FirstPosition}")
            : config;
    }

    /// <summary>What files call an activation.</summary>
    /// <param name="activation">One that they have.</param>
    public static string NameOf(ActivationKind activation) => activation switch
    {
        ActivationKind.GeluErf => "gelu",
        ActivationKind.Gelu => "gelu_new",
        ActivationKind.Relu => "relu",
        ActivationKind.Silu => "silu",
        _ => throw Tensors.UnknownValue.Of(activation),
    };

    private static EncoderConfig Bert(PretrainedJson json, EncoderKind kind, float epsilon) => new()
    {
        Kind = kind,
        Vocabulary = json.Number("vocab_size", 1),
        Width = json.Number("hidden_size", 1),
        Layers = json.Number("num_hidden_layers", 1),
        Heads = json.Number("num_attention_heads", 1),
        FeedForward = json.Number("intermediate_size", 1),
        Positions = json.Number("max_position_embeddings", 1),
        Types = json.Number("type_vocab_size", 0, 2),
        Epsilon = json.Positive("layer_norm_eps", epsilon),
        Activation = ActivationOf(json, "hidden_act"),
    };

    /// <summary>Its ε is not in its file: the library has it as a constant.</summary>
    private static EncoderConfig DistilBert(PretrainedJson json) => new()
    {
        Kind = EncoderKind.DistilBert,
        Vocabulary = json.Number("vocab_size", 1),
        Width = json.Number("dim", 1),
        Layers = json.Number("n_layers", 1),
        Heads = json.Number("n_heads", 1),
        FeedForward = json.Number("hidden_dim", 1),
        Positions = json.Number("max_position_embeddings", 1),
        Types = 0,
        Epsilon = BertEpsilon,
        Activation = ActivationOf(json, "activation"),
    };

    private static ActivationKind ActivationOf(PretrainedJson json, string name) => json.Text(name, "gelu") switch
    {
        "gelu" => ActivationKind.GeluErf,
        "gelu_new" or "gelu_pytorch_tanh" => ActivationKind.Gelu,
        "relu" => ActivationKind.Relu,
        "silu" or "swish" => ActivationKind.Silu,
        var other => throw json.Wrong(name, $"'{other}'", "gelu, gelu_new, gelu_pytorch_tanh, relu, silu or swish"),
    };
}
