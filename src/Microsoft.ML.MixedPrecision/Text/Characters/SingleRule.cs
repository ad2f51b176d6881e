using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Each character is a word, spaces too.</summary>
/// <param name="lowersCase">Writes them in lower case, one character for one.</param>
internal sealed class SingleRule(bool lowersCase) : CharacterRule
{
    /// <inheritdoc/>
    public override CharacterKind Apply(Rune character, Span<char> written, out int length)
    {
        length = (lowersCase ? LowerCase.Simple(character) : character).EncodeToUtf16(written);
        return CharacterKind.Alone;
    }
}
