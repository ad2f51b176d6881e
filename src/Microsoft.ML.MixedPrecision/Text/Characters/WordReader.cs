using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Goes over the words of a text as a <see cref="CharacterTable"/> splits and writes them, without allocating.</summary>
internal ref struct WordReader
{
    private readonly CharacterTable _table;
    private readonly ReadOnlySpan<CharacterKind> _kinds;
    private readonly ReadOnlySpan<char> _written;
    private readonly ReadOnlySpan<char> _text;

    // The word, and for each of its units where in the text the character is that it came from.
    private readonly Span<char> _word;
    private readonly Span<int> _sources;

    private readonly int _longest;
    private int _at;
    private int _units;
    private int _characters;
    private int _first;
    private int _last;

    /// <summary>A reader before the first word.</summary>
    /// <param name="table">Splits and writes.</param>
    /// <param name="text">The text.</param>
    /// <param name="longest">Characters that a word may have.</param>
    /// <param name="word">Room for a word, <see cref="UnitsOf"/> that many characters.</param>
    /// <param name="sources">As long.</param>
    public WordReader(CharacterTable table, ReadOnlySpan<char> text, int longest, Span<char> word, Span<int> sources)
    {
        _table = table;
        _kinds = table.Kinds;
        _written = table.Written;
        _text = text;
        _longest = longest;
        _word = word;
        _sources = sources;
    }

    /// <summary>The word; of one that is too long, its beginning.</summary>
    public readonly ReadOnlySpan<char> Word => _word[.._units];

    /// <summary>Whether the word has more characters than allowed.</summary>
    public readonly bool IsTooLong => _characters > _longest;

    /// <summary>Units that characters may take.</summary>
    /// <param name="characters">How many.</param>
    public static int UnitsOf(int characters) => (2 * characters) + CharacterRule.MaxUnits;

    /// <summary>Goes to the next word.</summary>
    /// <returns>False at the end of the text.</returns>
    public bool Next()
    {
        _units = 0;
        _characters = 0;
        while (_at < _text.Length)
        {
            char unit = _text[_at];
            switch (_kinds[unit])
            {
                case CharacterKind.Letter:
                    Append(_written[unit]);
                    _at++;
                    break;
                case CharacterKind.Skip:
                    _at++;
                    break;
                case CharacterKind.Space when _characters == 0:
                    _at++;
                    break;
                case CharacterKind.Space:
                    _at++;
                    return true;
                case CharacterKind.Alone when _characters == 0:
                    Append(_written[unit]);
                    _at++;
                    return true;
                case CharacterKind.Alone:
                    return true;
                default:
                    if (NextComplex())
                    {
                        return true;
                    }

                    break;
            }
        }

        return _characters > 0;
    }

    /// <summary>Where a part of the word is in the text.</summary>
    /// <param name="at">Its first unit within the word.</param>
    /// <param name="length">Its units.</param>
    /// <param name="number">The number of the word.</param>
    public readonly TokenSpan Part(int at, int length, int number) => Between(_sources[at], _sources[at + length - 1], number);

    /// <summary>Where the whole word is in the text, also one that is too long.</summary>
    /// <param name="number">The number of the word.</param>
    public readonly TokenSpan Whole(int number) => Between(_first, _last, number);

    /// <summary>Takes a character that is two units, half of one, or becomes several.</summary>
    /// <returns>Whether the word ends.</returns>
    private bool NextComplex()
    {
        Span<char> written = stackalloc char[CharacterRule.MaxUnits];
        Rune.DecodeFromUtf16(_text[_at..], out Rune character, out int consumed);
        CharacterKind kind = _table.Rule.Apply(character, written, out int length);
        if (kind == CharacterKind.Alone && _characters > 0)
        {
            return true;
        }

        for (int index = 0; index < length; index++)
        {
            Append(written[index]);
        }

        _at += consumed;
        return kind == CharacterKind.Alone || (kind == CharacterKind.Space && _characters > 0);
    }

    private void Append(char unit)
    {
        if (_characters == 0)
        {
            _first = _at;
        }

        _last = _at;
        _characters += char.IsLowSurrogate(unit) ? 0 : 1;
        if (_characters <= _longest)
        {
            _word[_units] = unit;
            _sources[_units++] = _at;
        }
    }

    private readonly TokenSpan Between(int first, int last, int number)
    {
        bool isPair = last + 1 < _text.Length && char.IsSurrogatePair(_text[last], _text[last + 1]);
        return new TokenSpan(first, last - first + (isPair ? 2 : 1), number);
    }
}
