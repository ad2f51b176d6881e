using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.ML.MixedPrecision.Networks.Versions;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>A <see cref="NetworkSpec"/> as JSON, and what earlier versions wrote in its place. What is read is checked where a network or
/// its <see cref="NetworkSizes"/> is made of it.</summary>
internal static class NetworkSpecJson
{
    /// <summary>Writes a spec: equal specs give equal bytes.</summary>
    /// <param name="spec">The network.</param>
    /// <returns>UTF-8.</returns>
    public static byte[] Write(NetworkSpec spec) => JsonSerializer.SerializeToUtf8Bytes(spec, NetworkSpecContext.Default.NetworkSpec);

    /// <summary>Reads a spec of any version: of the first three, a perceptron's definition.</summary>
    /// <param name="utf8">JSON.</param>
    /// <exception cref="InvalidDataException">It is something else: what, and where.</exception>
    public static NetworkSpec Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return (IsPerceptron(utf8)
                ? JsonSerializer.Deserialize(utf8, PerceptronDefinitionContext.Default.PerceptronDefinition)?.ToSpec()
                : JsonSerializer.Deserialize(utf8, NetworkSpecContext.Default.NetworkSpec))
                ?? throw new InvalidDataException("The description of the network is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            // NotSupportedException: a layer or an input that does not say of what kind it is.
            throw new InvalidDataException(
                $"The description of the network is malformed: {e.Message} A layer begins with \"layer\" and one of "
                    + $"{Kinds(NetworkSpecContext.Default.LayerSpec)}; an input with \"input\" and one of "
                    + $"{Kinds(NetworkSpecContext.Default.InputSpec)}.",
                e);
        }
    }

    /// <summary>A spec begins with its version.</summary>
    private static bool IsPerceptron(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject
            && reader.Read() && !(reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("version"u8));
    }

    private static string Kinds(JsonTypeInfo type)
        => string.Join(", ", type.PolymorphismOptions!.DerivedTypes.Select(derived => derived.TypeDiscriminator));
}
