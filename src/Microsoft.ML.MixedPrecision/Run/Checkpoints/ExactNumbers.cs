using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>Writes Float32 so that every bit comes back: finite numbers as JSON has them, in their shortest digits, −0 too; infinities and
/// NaN as a text of their 32 bits, <c>"7FC00000"</c>.</summary>
internal sealed class ExactSingle : JsonConverter<float>
{
    /// <inheritdoc/>
    public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TokenType == JsonTokenType.String
            ? BitConverter.UInt32BitsToSingle((uint)ExactDouble.BitsOf(reader.GetString(), 8))
            : reader.GetSingle();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
    {
        if (float.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(BitConverter.SingleToUInt32Bits(value).ToString("X8", CultureInfo.InvariantCulture));
        }
    }
}

/// <summary>The same for binary64: infinities and NaN as a text of their 64 bits.</summary>
internal sealed class ExactDouble : JsonConverter<double>
{
    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TokenType == JsonTokenType.String ? BitConverter.UInt64BitsToDouble(BitsOf(reader.GetString(), 16)) : reader.GetDouble();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(BitConverter.DoubleToUInt64Bits(value).ToString("X16", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The bits that a text of so many hexadecimal digits says.</summary>
    /// <exception cref="JsonException">It is no such text.</exception>
    internal static ulong BitsOf(string? text, int digits)
        => text?.Length == digits && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits)
            ? bits
            : throw new JsonException($"'{text}' is no number of {digits} hexadecimal digits.");
}
