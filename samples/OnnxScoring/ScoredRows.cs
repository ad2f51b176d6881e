using System.Buffers;
using System.Text.Json;

namespace OnnxScoring;

/// <summary>The part of a batch's results that answers one request.</summary>
/// <param name="Columns">The outputs for the whole batch.</param>
/// <param name="First">The request's first row in the batch.</param>
/// <param name="Count">Its rows.</param>
internal readonly record struct ScoredRows(IReadOnlyList<ScoredColumn> Columns, int First, int Count)
{
    /// <summary>The answer: a field for each output, shaped as the request was.</summary>
    /// <param name="many">Whether the request was an array of rows.</param>
    public ReadOnlyMemory<byte> ToJson(bool many)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (ScoredColumn column in Columns)
        {
            json.WritePropertyName(column.Name);
            Write(json, column, many);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private void Write(Utf8JsonWriter json, ScoredColumn column, bool many)
    {
        if (!many)
        {
            column.WriteRow(json, First);
            return;
        }

        json.WriteStartArray();
        for (int row = First; row < First + Count; row++)
        {
            column.WriteRow(json, row);
        }

        json.WriteEndArray();
    }
}
