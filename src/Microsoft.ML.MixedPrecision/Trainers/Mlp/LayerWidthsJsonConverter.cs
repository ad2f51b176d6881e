using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Keeps <see cref="LayerWidths"/> in JSON as an array of whole numbers.</summary>
internal sealed class LayerWidthsJsonConverter : JsonConverter<LayerWidths>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no array, or holds something other than whole numbers.</exception>
    public override LayerWidths Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException($"Widths of layers are a JSON array such as [256, 128], not {reader.TokenType}.");
        }

        List<int> widths = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int width))
            {
                throw new JsonException($"The width at position {widths.Count} is no whole number: write an array such as [256, 128].");
            }

            widths.Add(width);
        }

        return [.. widths];
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LayerWidths value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (int width in value)
        {
            writer.WriteNumberValue(width);
        }

        writer.WriteEndArray();
    }
}
