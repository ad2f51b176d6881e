using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Keeps an <see cref="IReadable{TSelf}"/> in JSON as the string that <c>ToString</c> gives.</summary>
/// <typeparam name="T">The type to convert.</typeparam>
internal sealed class ReadableJsonConverter<T> : JsonConverter<T>
    where T : class, IReadable<T>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The token is not a string, or its text is not understood; the message says what is
    /// allowed.</exception>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException($"A {typeof(T).Name} is a JSON string, not {reader.TokenType}: write one as its ToString gives it.");
        }

        try
        {
            return T.Parse(reader.GetString()!);
        }
        catch (ArgumentException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
