using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>Writes attempts as a text of their bytes (Base64), some 90 an attempt: a long run keeps up to 200,000 of them.</summary>
internal sealed class PackedAttempts : JsonConverter<IReadOnlyList<StepMetrics>>
{
    /// <inheritdoc/>
    public override IReadOnlyList<StepMetrics> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out byte[]? bytes))
        {
            throw new JsonException("Attempts are no text of bytes.");
        }

        try
        {
            using var from = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            var attempts = new List<StepMetrics>();
            while (from.BaseStream.Position < bytes.Length)
            {
                attempts.Add(Read(from));
            }

            return attempts;
        }
        catch (Exception exception) when (exception is IOException or FormatException)
        {
            throw new JsonException("Attempts are malformed: " + exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<StepMetrics> value, JsonSerializerOptions options)
    {
        var bytes = new MemoryStream();
        using (var to = new BinaryWriter(bytes, Encoding.UTF8))
        {
            foreach (StepMetrics attempt in value)
            {
                Write(to, attempt);
            }
        }

        writer.WriteBase64StringValue(bytes.ToArray());
    }

    private static StepMetrics Read(BinaryReader from) => new()
    {
        Attempt = from.ReadInt64(),
        Step = from.ReadInt64(),
        Epoch = from.ReadInt32(),
        EpochStep = from.ReadInt32(),
        RetryPass = from.ReadInt32(),
        Rows = from.ReadInt32(),
        Positions = from.ReadInt32(),
        Loss = from.ReadSingle(),
        GradientNorm = from.ReadDouble(),
        LossScale = from.ReadSingle(),
        NextLossScale = from.ReadSingle(),
        LearningRate = from.ReadSingle(),
        ClipCoefficient = from.ReadSingle(),
        NonFinite = from.ReadString() is { Length: > 0 } place ? place : null,
    };

    private static void Write(BinaryWriter to, StepMetrics attempt)
    {
        to.Write(attempt.Attempt);
        to.Write(attempt.Step);
        to.Write(attempt.Epoch);
        to.Write(attempt.EpochStep);
        to.Write(attempt.RetryPass);
        to.Write(attempt.Rows);
        to.Write(attempt.Positions);
        to.Write(attempt.Loss);
        to.Write(attempt.GradientNorm);
        to.Write(attempt.LossScale);
        to.Write(attempt.NextLossScale!.Value);
        to.Write(attempt.LearningRate);
        to.Write(attempt.ClipCoefficient);
        to.Write(attempt.NonFinite ?? "");
    }
}
