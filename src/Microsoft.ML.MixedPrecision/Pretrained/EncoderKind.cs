namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>How an encoder's weights are named, and what its positions and token types are like.</summary>
internal enum EncoderKind
{
    /// <summary>BERT, and MiniLM, which has its form.</summary>
    Bert,

    /// <summary>RoBERTa: positions begin behind the padding's, and there is one token type.</summary>
    Roberta,

    /// <summary>DistilBERT: other names, no token types.</summary>
    DistilBert,
}
