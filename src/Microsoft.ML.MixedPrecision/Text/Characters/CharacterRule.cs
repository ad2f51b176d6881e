using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Says of each character what it does to the words of a text and what it is written as in them.</summary>
internal abstract class CharacterRule
{
    /// <summary>UTF-16 units that a character may become: three characters beyond the first 65,536.</summary>
    public const int MaxUnits = 6;

    /// <summary>Looks at a character.</summary>
    /// <param name="character">The character; U+FFFD for half of one.</param>
    /// <param name="written">At least <see cref="MaxUnits"/>; takes what it becomes.</param>
    /// <param name="length">Units that it becomes; 0 for what is skipped and for space.</param>
    public abstract CharacterKind Apply(Rune character, Span<char> written, out int length);
}
