namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>A <see cref="TextTokenizer"/> that is read from a file.</summary>
internal sealed class GivenVocabulary : TextTokenizer
{
    private readonly string _path;

    /// <summary>A description.</summary>
    /// <param name="path">File or folder.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    public GivenVocabulary(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new ArgumentException($"'{path}' is no path to read a tokenizer from. {VocabularyFile.Allowed}", nameof(path));
        }

        _path = path;
    }

    /// <inheritdoc/>
    internal override CharacterRule? Rule => null;

    /// <inheritdoc/>
    internal override TokenizerSpec Make(IReadOnlyList<KeyValuePair<string, long>> words) => VocabularyFile.Read(_path);

    /// <inheritdoc/>
    /// <remarks>A file that can no longer be read says nothing.</remarks>
    internal override bool MayBe(TokenizerSpec spec)
    {
        try
        {
            return VocabularyFile.Read(_path).Tokens.SequenceEqual(spec.Tokens);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => TextTokenizerText.Write(_path);
}
