namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>BERT's <c>vocab.txt</c>: a token a line, its id the number of the line from 0.</summary>
internal static class VocabularyText
{
    /// <summary>Writes it.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="spec">The tokenizer.</param>
    /// <exception cref="InvalidOperationException">It is no WordPiece, or a token has a line end in it.</exception>
    public static void Write(Stream stream, TokenizerSpec spec)
    {
        if (spec.Kind != TokenizerKind.WordPiece)
        {
            throw new InvalidOperationException($"A {spec.Kind} tokenizer has no vocab.txt, which only WordPiece has; write its document.");
        }

        if (spec.Tokens.FirstOrDefault(token => token.AsSpan().ContainsAny('\r', '\n')) is { } broken)
        {
            int id = spec.Tokens.ToList().IndexOf(broken);
            throw new InvalidOperationException($"The token of id {id} has a line end in it, which a vocab.txt cannot hold; write the "
                + "tokenizer's document.");
        }

        using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
        foreach (string token in spec.Tokens)
        {
            writer.WriteLine(token);
        }
    }

    /// <summary>Reads it.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="settings">What <c>tokenizer_config.json</c> beside it says.</param>
    /// <param name="path">Named in errors.</param>
    /// <remarks>Where nothing says whether it is of lower case: it is, if lower case changes no token but those in brackets. (Letters such
    /// as ℝ are upper case and stay.)</remarks>
    /// <exception cref="InvalidDataException">It has no line for unknown words.</exception>
    public static TokenizerSpec Parse(string text, TokenizerSettings settings, string path)
    {
        string[] tokens = Lines(text);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++)
        {
            ids[tokens[id]] = id;
        }

        SpecialTokens special = SpecialTokens.Find(ids);
        if (special.Unknown is null)
        {
            throw new InvalidDataException($"'{path}' is no vocabulary: none of its {tokens.Length} lines is [UNK] or <unk>. "
                + VocabularyFile.Allowed);
        }

        bool lowerCase = settings.LowerCase ?? tokens.All(token => token.StartsWith('[') || IsLowerCase(token));
        return new TokenizerSpec
        {
            Kind = TokenizerKind.WordPiece,
            Tokens = tokens,
            Special = special,
            Form = special is { Classification: not null, Separator: not null } ? SequenceForm.Bert : SequenceForm.Plain,
            LowerCase = lowerCase,
            StripAccents = settings.StripAccents ?? lowerCase,
            SplitIdeographs = settings.SplitIdeographs ?? true,
        };
    }

    private static bool IsLowerCase(string token) => token.EnumerateRunes().All(letter => LowerCase.Simple(letter) == letter);

    /// <summary>Lines as Python reads them, which wrote the vocabularies: \n, \r\n or \r ends one.</summary>
    private static string[] Lines(string text)
    {
        var lines = new List<string>();
        using var reader = new StringReader(text);
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return [.. lines];
    }
}
