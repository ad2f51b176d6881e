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
    /// <param name="form">How the request was written.</param>
    public ReadOnlyMemory<byte> ToJson(RowsForm form)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        if (form == RowsForm.Rows)
        {
            json.WriteStartArray();
            for (int row = First; row < First + Count; row++)
            {
                WriteRow(json, row);
            }

            json.WriteEndArray();
        }
        else if (form == RowsForm.Row)
        {
            WriteRow(json, First);
        }
        else
        {
            WriteColumns(json);
        }

        json.Flush();
        return buffer.WrittenMemory;
    }

    private void WriteRow(Utf8JsonWriter json, int row)
    {
        json.WriteStartObject();
        foreach (ScoredColumn column in Columns)
        {
            json.WritePropertyName(column.Name);
            column.WriteRow(json, row);
        }

        json.WriteEndObject();
    }

    private void WriteColumns(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (ScoredColumn column in Columns)
        {
            json.WriteStartArray(column.Name);
            for (int row = First; row < First + Count; row++)
            {
                column.WriteRow(json, row);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
