namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>GPT-2's and RoBERTa's two files: <c>vocab.json</c> (token → id) and <c>merges.txt</c> (a merge a line).</summary>
internal static class BytePairFiles
{
    private const string Version = "#version";

    /// <summary>Reads them.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="settings">What <c>tokenizer_config.json</c> beside them says.</param>
    /// <remarks>A vocabulary with <c>&lt;s&gt;</c> and <c>&lt;/s&gt;</c> is RoBERTa's; without, texts stand alone.</remarks>
    /// <exception cref="InvalidDataException">The vocabulary is no JSON object of ids.</exception>
    public static TokenizerSpec Read(string vocabulary, string merges, TokenizerSettings settings)
    {
        using var file = new JsonFile(vocabulary);
        Dictionary<string, int> ids = HuggingFaceFile.Ids(file.Root, file.Path);
        SpecialTokens special = SpecialTokens.Find(ids);
        return new TokenizerSpec
        {
            Kind = TokenizerKind.BytePairs,
            Tokens = HuggingFaceFile.Tokens(ids),
            Special = special,
            Form = special is { Classification: not null, Separator: not null } ? SequenceForm.Roberta : SequenceForm.Plain,
            Merges = [.. File.ReadLines(merges).Where(line => line.Length > 0 && !line.StartsWith(Version, StringComparison.Ordinal))],
            AddSpace = settings.AddSpace ?? false,
        };
    }
}
