using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What a text trainer's network is between its tokens and its scores. Immutable, compared by value, in JSON the string of
/// <see cref="ToString"/>.</summary>
/// <remarks>Both are Transformers: embeddings of tokens and of positions, then layers of attention, in which each token reads all
/// others, and of two products with GELU (exact) between. A layer has 4·width² + 2·width·feedForward weights.</remarks>
[JsonConverter(typeof(ReadableJsonConverter<TextBackbone>))]
[TypeConverter(typeof(ReadableTypeConverter<TextBackbone>))]
public sealed class TextBackbone : IEquatable<TextBackbone>, IReadable<TextBackbone>
{
    private const int MostLayers = 96;
    private const int MostWidth = 16384;

    private const string Forms = "transformer(layers=2, width=128, heads=4, feedForward=512) or bert(…) with the same numbers, each of "
        + "which may be left out";

    private TextBackbone(bool isPreNorm, int layers, int width, int heads, int? feedForward)
    {
        RequireWithin(layers, 1, MostLayers, nameof(layers));
        RequireWithin(width, 1, MostWidth, nameof(width));
        RequireWithin(heads, 1, width, nameof(heads));
        RequireWithin(feedForward ?? 1, 1, 4 * MostWidth, nameof(feedForward));
        if (width % heads != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(heads), heads, $"The heads must divide the width of {width}; use another number.");
        }

        (IsPreNorm, Layers, Width, Heads, FeedForward) = (isPreNorm, layers, width, heads, feedForward ?? 4 * width);
    }

    /// <summary>Layers of attention and of products.</summary>
    public int Layers { get; }

    /// <summary>Numbers that stand for a token between layers.</summary>
    public int Width { get; }

    /// <summary>Heads of an attention, which divide the width.</summary>
    public int Heads { get; }

    /// <summary>Numbers inside a layer of products.</summary>
    public int FeedForward { get; }

    /// <summary>Whether layers normalise what they read.</summary>
    internal bool IsPreNorm { get; }

    /// <summary>A Transformer whose layers normalise what they read, as those of GPT-2: the one to train from random weights.</summary>
    /// <param name="layers">Layers, 1 to 96.</param>
    /// <param name="width">Numbers a token, 1 to 16,384.</param>
    /// <param name="heads">Heads, which divide the width.</param>
    /// <param name="feedForward">Numbers inside a layer of products, 1 to 65,536; null for four times the width.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not within its range.</exception>
    public static TextBackbone Transformer(int layers = 2, int width = 128, int heads = 4, int? feedForward = null)
        => new(isPreNorm: true, layers, width, heads, feedForward);

    /// <summary>A Transformer whose layers normalise what they give, as those of BERT.</summary>
    /// <inheritdoc cref="Transformer"/>
    public static TextBackbone Bert(int layers = 2, int width = 128, int heads = 4, int? feedForward = null)
        => new(isPreNorm: false, layers, width, heads, feedForward);

    /// <summary>Reads what <see cref="ToString"/> wrote, or a name alone, in any case.</summary>
    /// <param name="text">For example <c>transformer(layers=4, width=256, heads=4)</c> or <c>bert</c>.</param>
    /// <exception cref="ArgumentException">Not understood, or a number is not allowed; the message says what is.</exception>
    public static TextBackbone Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string whole = text.Trim();
        int open = whole.IndexOf('(', StringComparison.Ordinal);
        bool hasNumbers = open >= 0 && whole[^1] == ')';
        string name = hasNumbers ? whole[..open].TrimEnd() : whole;
        Dictionary<string, int> numbers = Numbers(hasNumbers ? whole[(open + 1)..^1] : "");
        int Take(string key, int otherwise) => numbers.Remove(key, out int number) ? number : otherwise;
        (int layers, int width, int heads) = (Take("layers", 2), Take("width", 128), Take("heads", 4));
        int? feedForward = numbers.Remove("feedForward", out int hidden) ? hidden : null;
        bool isBert = name.Equals("bert", StringComparison.OrdinalIgnoreCase);
        return numbers.Count == 0 && (isBert || name.Equals("transformer", StringComparison.OrdinalIgnoreCase))
            ? new TextBackbone(!isBert, layers, width, heads, feedForward)
            : throw NotUnderstood(text);
    }

    /// <summary>Whether both make the same network.</summary>
    public static bool operator ==(TextBackbone? left, TextBackbone? right) => Equals(left, right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(TextBackbone? left, TextBackbone? right) => !Equals(left, right);

    /// <inheritdoc/>
    public bool Equals(TextBackbone? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TextBackbone);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    /// <summary>The name and the numbers, as <see cref="Parse"/> reads them.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsPreNorm ? "transformer" : "bert")}(layers={Layers}, width={Width}, heads={Heads}, feedForward={FeedForward})");

    private static Dictionary<string, int> Numbers(string text)
    {
        var numbers = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = part.Split('=', StringSplitOptions.TrimEntries);
            if (sides.Length != 2
                || !int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                || !numbers.TryAdd(sides[0], number))
            {
                throw NotUnderstood(part);
            }
        }

        return numbers;
    }

    private static ArgumentException NotUnderstood(string text)
        => new($"'{text}' is no backbone of texts: write {Forms}.", nameof(text));

    private static void RequireWithin(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(
                CultureInfo.InvariantCulture, $"It must be from {least} to {most:N0}."));
        }
    }
}
