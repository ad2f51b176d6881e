namespace Microsoft.ML.MixedPrecision;

/// <summary>How well a language model predicts texts, of <see cref="LanguageModelTransformer.Evaluate"/>.</summary>
public sealed class LanguageModelMetrics
{
    internal LanguageModelMetrics(double logLikelihood, long tokens, long texts)
        => (LogLikelihood, TokenCount, TextCount) = (logLikelihood, tokens, texts);

    /// <summary>Σ ln p(token | tokens before) over all predicted tokens, in nats.</summary>
    public double LogLikelihood { get; }

    /// <summary>Predicted tokens: of each text all but the first one, the token that ends it included.</summary>
    public long TokenCount { get; }

    /// <summary>Texts that were read.</summary>
    public long TextCount { get; }

    /// <summary>exp(−LogLikelihood ÷ TokenCount): among how many equally likely tokens the model would be as uncertain. Those of two
    /// models compare on the same tokens only. NaN without tokens.</summary>
    public double Perplexity => Math.Exp(-LogLikelihood / TokenCount);

    /// <summary>−LogLikelihood ÷ (TokenCount · ln 2): bits that a token takes. NaN without tokens.</summary>
    public double BitsPerToken => -LogLikelihood / (TokenCount * Math.Log(2));
}
