namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Finds out what a file or folder holds, and reads it: vocabularies as others write them.</summary>
internal static class VocabularyFile
{
    /// <summary>What is allowed, for errors.</summary>
    public const string Allowed = "Give BERT's vocab.txt, a tokenizer.json of Hugging Face (WordPiece, or byte-level BPE as GPT-2 and "
        + "RoBERTa have it), or a folder that holds one of them, or vocab.json and merges.txt.";

    private const string Json = "tokenizer.json", Text = "vocab.txt", Vocabulary = "vocab.json", Merges = "merges.txt";

    /// <summary>Reads a file, or what is in a folder: tokenizer.json before vocab.json with merges.txt before vocab.txt.</summary>
    /// <param name="path">File or folder.</param>
    /// <exception cref="FileNotFoundException">There is neither.</exception>
    /// <exception cref="InvalidDataException">It is nothing that is allowed, or damaged; the message says what is.</exception>
    public static TokenizerSpec Read(string path)
        => Directory.Exists(path) ? ReadFolder(path)
            : File.Exists(path) ? ReadFile(path)
            : throw new FileNotFoundException($"There is no '{path}' to read a tokenizer from. {Allowed}", path);

    private static TokenizerSpec ReadFolder(string folder)
    {
        string Within(string name) => Path.Combine(folder, name);
        return File.Exists(Within(Json)) ? ReadFile(Within(Json))
            : File.Exists(Within(Vocabulary)) && File.Exists(Within(Merges))
                ? BytePairFiles.Read(Within(Vocabulary), Within(Merges), TokenizerSettings.Of(folder))
            : File.Exists(Within(Text)) ? ReadFile(Within(Text))
            : throw new InvalidDataException($"The folder '{folder}' holds no vocabulary. {Allowed}");
    }

    /// <summary>What a file is shows its first character that is no space, whatever its name.</summary>
    private static TokenizerSpec ReadFile(string path)
    {
        using (var reader = new StreamReader(path))
        {
            int first = reader.Read();
            while (first >= 0 && char.IsWhiteSpace((char)first))
            {
                first = reader.Read();
            }

            if (first == '{')
            {
                return HuggingFaceFile.Read(path);
            }
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return VocabularyText.Parse(File.ReadAllText(path), TokenizerSettings.Of(folder), path);
    }
}
