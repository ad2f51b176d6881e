using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>A <see cref="CharacterRule"/> worked out for every UTF-16 unit, so that a text costs one look-up a unit.</summary>
internal sealed class CharacterTable
{
    private const int Units = char.MaxValue + 1;

    private readonly CharacterKind[] _kinds = new CharacterKind[Units];
    private readonly char[] _written = new char[Units];

    /// <summary>Works out a rule.</summary>
    /// <param name="rule">The rule.</param>
    public CharacterTable(CharacterRule rule)
    {
        Rule = rule;
        Span<char> written = stackalloc char[CharacterRule.MaxUnits];
        for (int unit = 0; unit < Units; unit++)
        {
            if (!Rune.TryCreate((char)unit, out Rune character))
            {
                _kinds[unit] = CharacterKind.Complex;
                continue;
            }

            CharacterKind kind = rule.Apply(character, written, out int length);
            _kinds[unit] = length > 1 ? CharacterKind.Complex : kind;
            _written[unit] = length == 1 ? written[0] : default;
        }
    }

    /// <summary>The rule, for what is <see cref="CharacterKind.Complex"/>.</summary>
    public CharacterRule Rule { get; }

    /// <summary>What each unit is.</summary>
    public ReadOnlySpan<CharacterKind> Kinds => _kinds;

    /// <summary>What each unit is written as, where it is a letter or alone.</summary>
    public ReadOnlySpan<char> Written => _written;
}
