namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What is averaged over the members of an ensemble, so that the result stands where a single network's output would.</summary>
internal enum MemberMeanKind
{
    /// <summary>The outputs: oⱼ = Σᵢ zᵢⱼ ÷ M.</summary>
    Mean = 0,

    /// <summary>The probabilities of classes: oⱼ = ln(Σᵢ softmax(zᵢ)ⱼ ÷ M), whose softmax is the mean probability.</summary>
    LogMeanSoftmax,

    /// <summary>The probability of yes in each column: oⱼ = ln(p/(1 − p)) with p = Σᵢ σ(zᵢⱼ) ÷ M, whose σ is the mean
    /// probability.</summary>
    LogitMeanSigmoid,
}
