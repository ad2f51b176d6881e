using System.Globalization;
using System.Text.Json;

namespace OnnxScoring;

/// <summary>An output of the model for all rows of a batch.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">(rows, width) values, one row after the other.</param>
/// <param name="Width">Values of a row; one is written as a value, several as an array.</param>
internal sealed record ScoredColumn(string Name, Array Values, int Width)
{
    /// <summary>Writes the values of a row.</summary>
    public void WriteRow(Utf8JsonWriter json, int row)
    {
        if (Width == 1)
        {
            WriteValue(json, row);
            return;
        }

        json.WriteStartArray();
        for (int i = row * Width; i < (row + 1) * Width; i++)
        {
            WriteValue(json, i);
        }

        json.WriteEndArray();
    }

    /// <summary>
    /// JSON has no number for NaN and the infinities: they are the texts <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c>, not a null or
    /// a zero.
    /// </summary>
    private void WriteValue(Utf8JsonWriter json, int i)
    {
        switch (Values)
        {
            case float[] values when float.IsFinite(values[i]): json.WriteNumberValue(values[i]); break;
            case double[] values when double.IsFinite(values[i]): json.WriteNumberValue(values[i]); break;
            case int[] values: json.WriteNumberValue(values[i]); break;
            case uint[] values: json.WriteNumberValue(values[i]); break;
            case long[] values: json.WriteNumberValue(values[i]); break;
            case bool[] values: json.WriteBooleanValue(values[i]); break;
            default: json.WriteStringValue(Convert.ToString(Values.GetValue(i), CultureInfo.InvariantCulture)); break;
        }
    }
}
