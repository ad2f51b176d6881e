namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>What the published weights are called that a parameter of ours is made of, without the prefix that some files have.</summary>
/// <remarks>Source: https://huggingface.co/docs/transformers/model_doc/bert, …/roberta and …/distilbert.</remarks>
internal static class EncoderNames
{
    /// <summary>Of every kind, with its suffix <c>.weight</c>: the table of tokens, by which a file's prefix is found.</summary>
    public const string Tokens = "embeddings.word_embeddings.weight";

    /// <summary>The table of positions.</summary>
    public const string Positions = "embeddings.position_embeddings.weight";

    /// <summary>The table of token types.</summary>
    public const string Types = "embeddings.token_type_embeddings.weight";

    /// <summary>The product behind the first token of BERT and RoBERTa.</summary>
    public const string Pooler = "pooler.dense";

    private const string Weight = ".weight", Bias = ".bias";

    /// <summary>Beginnings of the names of what stands behind an encoder for another task, or is no weight.</summary>
    private static readonly string[] OtherTasks =
    [
        "cls.", "classifier.", "lm_head.", "qa_outputs.", "vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "pre_classifier.",
        "pooler.", "embeddings.position_ids", "embeddings.token_type_ids",
    ];

    /// <summary>Whether a tensor is not part of an encoder.</summary>
    /// <param name="name">Its name, without prefix.</param>
    public static bool IsOfAnotherTask(string name)
        => Array.Exists(OtherTasks, beginning => name.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>The tensors whose rows, one below the other, are a parameter.</summary>
    /// <param name="kind">Whose names.</param>
    /// <param name="parameter">A parameter of <see cref="Networks.Families.Transformer"/>, without its last layer.</param>
    /// <exception cref="ArgumentException">There is no such parameter.</exception>
    public static IReadOnlyList<string> Of(EncoderKind kind, string parameter)
    {
        string suffix = parameter.EndsWith(Weight, StringComparison.Ordinal) ? Weight : Bias;
        string[] parts = parameter[..^suffix.Length].Split('.', 3);
        return parts switch
        {
            ["embeddings", "tokens", "types"] => [Types],
            ["embeddings", "tokens"] => [Tokens],
            ["embeddings", "positions"] => [Positions],
            ["embeddings", "norm"] => ["embeddings.LayerNorm" + suffix],
            ["pooler"] => [Pooler + suffix],
            ["layers", var layer, var within] => [.. Within(kind, within).Select(name => $"{Layer(kind)}.{layer}.{name}{suffix}")],
            _ => throw new ArgumentException($"'{parameter}' is no parameter of an encoder.", nameof(parameter)),
        };
    }

    private static string Layer(EncoderKind kind) => kind == EncoderKind.DistilBert ? "transformer.layer" : "encoder.layer";

    private static string[] Within(EncoderKind kind, string name) => (name, kind == EncoderKind.DistilBert) switch
    {
        ("attention.qkv", false) => ["attention.self.query", "attention.self.key", "attention.self.value"],
        ("attention.qkv", true) => ["attention.q_lin", "attention.k_lin", "attention.v_lin"],
        ("attention.out", false) => ["attention.output.dense"],
        ("attention.out", true) => ["attention.out_lin"],
        ("attention.norm", false) => ["attention.output.LayerNorm"],
        ("attention.norm", true) => ["sa_layer_norm"],
        ("feedforward.in", false) => ["intermediate.dense"],
        ("feedforward.in", true) => ["ffn.lin1"],
        ("feedforward.out", false) => ["output.dense"],
        ("feedforward.out", true) => ["ffn.lin2"],
        ("feedforward.norm", false) => ["output.LayerNorm"],
        ("feedforward.norm", true) => ["output_layer_norm"],
        _ => throw new ArgumentException($"'{name}' is no part of an encoder's layer.", nameof(name)),
    };
}
