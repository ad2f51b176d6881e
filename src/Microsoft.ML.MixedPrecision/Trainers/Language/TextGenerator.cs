using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Writes a text.</summary>
/// <param name="tokenizer">Makes tokens, and texts of them.</param>
/// <param name="session">Predicts.</param>
/// <param name="options">How to draw.</param>
/// <param name="seed">What is drawn.</param>
internal sealed class TextGenerator(Tokenizer tokenizer, DecodingSession session, GenerationOptions options, int seed)
{
    private readonly List<int> _ids = [];

    private bool HasEnds => tokenizer.Spec.Form != SequenceForm.Plain;

    /// <summary>Writes.</summary>
    /// <param name="prompt">How it begins.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ArgumentException">There is no token to begin with.</exception>
    public string Run(string prompt)
    {
        if (HasEnds)
        {
            _ids.Add(tokenizer.Special.Classification!.Value);
        }

        tokenizer.Encode(prompt, _ids);
        if (_ids.Count == 0)
        {
            throw new ArgumentException("The prompt has no tokens, and the vocabulary has none that begins texts; give a prompt.",
                nameof(prompt));
        }

        int? end = HasEnds ? tokenizer.Special.Separator : null;
        var sampler = new TokenSampler(options.Temperature, options.TopP, Barred(end), seed);
        ReadOnlySpan<float> logits = Read(Math.Max(0, _ids.Count - session.MostTokens));
        for (int made = 0; made < options.MaxTokens; made++)
        {
            int id = sampler.Draw(logits);
            if (id == end)
            {
                break;
            }

            _ids.Add(id);
            logits = session.Tokens == session.MostTokens ? Read(_ids.Count - ((session.MostTokens + 1) / 2)) : session.Next(id);
        }

        return tokenizer.Decode(CollectionsMarshal.AsSpan(_ids));
    }

    private HashSet<int> Barred(int? end)
        => [.. tokenizer.Special.All().Select(special => special.Id).OfType<int>().Where(id => id != end)];

    /// <summary>Reads the text anew from a token on.</summary>
    private ReadOnlySpan<float> Read(int start)
    {
        session.Restart();
        ReadOnlySpan<float> logits = default;
        foreach (int id in CollectionsMarshal.AsSpan(_ids)[start..])
        {
            logits = session.Next(id);
        }

        return logits;
    }
}
