using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>Text that is markup already and is not encoded again.</summary>
/// <param name="Text">The markup.</param>
internal readonly record struct Markup(string Text);

/// <summary>
/// A page as it grows. What is put in between the markup is encoded, all of it: names of columns, classes and options come from data, and
/// a report may be made from a text that somebody sent. Only <see cref="Markup"/> goes in as it is.
/// </summary>
internal sealed class Html
{
    /// <summary>Letters of one value that are shown; a page stays a page whatever names are made of.</summary>
    private const int MostLetters = 2000;

    private readonly StringBuilder _page = new();

    /// <summary>Adds markup with values.</summary>
    /// <param name="markup">An interpolated text, the values of which are encoded.</param>
    public Html Add(FormattableString markup)
    {
        _page.AppendFormat(CultureInfo.InvariantCulture, markup.Format, [.. markup.GetArguments().Select(Encoded)]);
        return this;
    }

    /// <summary>Adds markup as it is.</summary>
    /// <param name="markup">The markup.</param>
    public Html Raw(string markup)
    {
        _page.Append(markup);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _page.ToString();

    /// <summary>
    /// A text in which nothing is markup, in HTML and in XML, whether between elements or in a quoted attribute. Letters that XML does
    /// not allow, and halves of letters, become U+FFFD.
    /// </summary>
    /// <param name="text">Any text.</param>
    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '&' => encoded.Append("&amp;"),
                '<' => encoded.Append("&lt;"),
                '>' => encoded.Append("&gt;"),
                '"' => encoded.Append("&quot;"),
                '\'' => encoded.Append("&#39;"),
                '\t' or '\n' or '\r' => encoded.Append((char)rune.Value),
                < ' ' or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF => encoded.Append('\uFFFD'),
                _ => encoded.Append(rune.ToString()),
            };
        }

        return encoded.ToString();
    }

    private static object Encoded(object? value)
    {
        if (value is Markup markup)
        {
            return markup.Text;
        }

        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return Encode(text.Length <= MostLetters ? text : text[..MostLetters] + "…");
    }
}
