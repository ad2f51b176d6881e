namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>What a character does to the words of a text.</summary>
internal enum CharacterKind : byte
{
    /// <summary>Belongs to the word around it.</summary>
    Letter,

    /// <summary>Is not there: the letters beside it are one word.</summary>
    Skip,

    /// <summary>Ends a word.</summary>
    Space,

    /// <summary>Is a word of its own.</summary>
    Alone,

    /// <summary>Half of a character, or one that becomes several: a table of single units cannot say it.</summary>
    Complex,
}
