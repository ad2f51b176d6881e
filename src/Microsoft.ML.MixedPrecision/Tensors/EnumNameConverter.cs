using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Keeps an enum in JSON as its name, without reflection: for the contexts that read untrusted files.</summary>
/// <typeparam name="TEnum">The enum.</typeparam>
/// <remarks>One name, and no number: <see cref="Enum.TryParse{TEnum}(string, out TEnum)"/> and <see cref="JsonStringEnumConverter{TEnum}"/>
/// read <c>Relu, Gelu</c> as the value of both together, which is another one's.</remarks>
internal sealed class EnumNameConverter<TEnum> : JsonConverter<TEnum>
    where TEnum : struct, Enum
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no name of the enum.</exception>
    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return Enum.GetNames<TEnum>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } found
            ? Enum.Parse<TEnum>(found)
            : throw new JsonException();
    }

    /// <inheritdoc/>
    /// <exception cref="JsonException">The value has no name.</exception>
    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options)
        => writer.WriteStringValue(Enum.GetName(value) ?? throw new JsonException());
}
