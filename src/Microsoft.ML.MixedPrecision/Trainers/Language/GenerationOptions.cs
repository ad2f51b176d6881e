using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How <see cref="LanguageModelTransformer.Generate"/> writes.</summary>
public sealed class GenerationOptions
{
    /// <summary>New tokens at most, at least 1; fewer where the text ends by itself.</summary>
    public int MaxTokens { get; set; } = 100;

    /// <summary>What logits are divided by before the softmax: below 1 likely tokens become likelier, above 1 all become alike; 0 always
    /// takes the most likely one.</summary>
    public float Temperature { get; set; } = 1;

    /// <summary>Only the fewest most likely tokens are drawn from whose probabilities sum to this share, above 0 and at most 1 (nucleus
    /// sampling). Source: A. Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020.</summary>
    public float TopP { get; set; } = 1;

    /// <summary>The same seed writes the same text on the same processor; null for that of the MLContext, or a random one.</summary>
    public int? Seed { get; set; }

    internal void ThrowIfInvalid()
    {
        RequireAtLeast(MaxTokens, 1, nameof(MaxTokens));
        Require(Temperature >= 0 && float.IsFinite(Temperature), nameof(Temperature), Temperature, "at least 0 and finite, by default 1");
        Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1, by default 1");
    }
}
