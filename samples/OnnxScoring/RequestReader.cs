using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OnnxScoring;

/// <summary>
/// Reads rows: one, <c>{ "Age": 30, "City": "Oslo", "Scores": [1, 2] }</c>; several as columns, <c>{ "Age": [30, 31],
/// "City": ["Oslo", "Rome"], "Scores": [[1, 2], [3, 4]] }</c>; or several as an array of such rows.
/// </summary>
/// <param name="columns">The model's inputs.</param>
/// <param name="mostRows">Rows that are allowed.</param>
internal sealed class RequestReader(ModelColumns columns, int mostRows)
{
    /// <summary>Reads a body.</summary>
    /// <exception cref="RefusedException">It is something else; the message says what and where.</exception>
    public RequestRows Read(JsonElement body)
    {
        if (body.ValueKind == JsonValueKind.Array)
        {
            return ReadRows(body);
        }

        JsonElement[] fields = Fields(body, "The body");
        (int? first, int place) = (null, 0);
        for (int i = 0; i < fields.Length; i++)
        {
            int? rows = RowsIn(fields[i], columns.Inputs[i]);
            if (i > 0 && rows != first)
            {
                string other = $"'{columns.Inputs[place].Name}' {Rows(first)}";
                throw Refused($"'{columns.Inputs[i].Name}' has {Rows(rows)} and {other}; write as many for every field.");
            }

            (first, place) = (rows, i);
        }

        int count = first ?? 1;
        ThrowIfNot(count, $"'{columns.Inputs[0].Name}' has");
        Array[] values = NewValues(count);
        for (int i = 0; i < fields.Length; i++)
        {
            for (int row = 0; row < count; row++)
            {
                string where = $"{(first is null ? "" : $"Row {row} of ")}'{columns.Inputs[i].Name}'";
                ReadRow(first is null ? fields[i] : fields[i][row], i, values[i], row, where);
            }
        }

        return new(values, count, first is null ? RowsForm.Row : RowsForm.Columns);
    }

    private RequestRows ReadRows(JsonElement body)
    {
        int count = body.GetArrayLength();
        ThrowIfNot(count, "The body has");
        Array[] values = NewValues(count);
        for (int row = 0; row < count; row++)
        {
            JsonElement[] fields = Fields(body[row], $"Row {row}");
            for (int i = 0; i < fields.Length; i++)
            {
                ReadRow(fields[i], i, values[i], row, $"Row {row}, '{columns.Inputs[i].Name}',");
            }
        }

        return new(values, count, RowsForm.Rows);
    }

    /// <summary>The values of an object in the order of the inputs.</summary>
    private JsonElement[] Fields(JsonElement row, string where)
    {
        string wanted = $"{where} must be an object with {(columns.Inputs.Count == 1 ? "one field" : "the fields")} {columns.Names}";
        if (row.ValueKind != JsonValueKind.Object)
        {
            throw Refused($"{wanted}; it is {Json.Kind(row)}.");
        }

        var fields = new JsonElement[columns.Inputs.Count];
        foreach (JsonProperty property in row.EnumerateObject())
        {
            int place = PlaceOf(property);
            if (place < 0)
            {
                string written = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(property));
                throw Refused($"{wanted}; it has the field '{Json.Shown(written)}'.");
            }

            if (fields[place].ValueKind != JsonValueKind.Undefined)
            {
                throw Refused($"{wanted}; it has '{columns.Inputs[place].Name}' twice.");
            }

            fields[place] = property.Value;
        }

        int missing = Array.FindIndex(fields, field => field.ValueKind == JsonValueKind.Undefined);
        return missing < 0 ? fields : throw Refused($"{wanted}; it has no '{columns.Inputs[missing].Name}'.");
    }

    /// <summary>
    /// The input that a field names. An escape can write half of a surrogate pair, which no name has; that is why messages quote the body
    /// as it
    /// is written.
    /// </summary>
    private int PlaceOf(JsonProperty property)
    {
        try
        {
            return columns.Find(property.Name);
        }
        catch (InvalidOperationException)
        {
            return -1;
        }
    }

    /// <summary>Rows that a field has; null for the value of one row.</summary>
    private static int? RowsIn(JsonElement field, ModelInput input)
    {
        bool isArray = field.ValueKind == JsonValueKind.Array;
        bool many = isArray && (input.Width == 1 || (field.GetArrayLength() > 0 && field[0].ValueKind == JsonValueKind.Array));
        return many ? field.GetArrayLength() : null;
    }

    private void ReadRow(JsonElement element, int column, Array values, int row, string where)
    {
        ModelInput input = columns.Inputs[column];
        if (input.Width == 1)
        {
            ThrowIf(input.Read(element, values, row), where);
            return;
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Refused($"{where} is {Json.Kind(element)}; write an array of {input.Width} values.");
        }

        if (element.GetArrayLength() != input.Width)
        {
            throw Refused($"{where} has {element.GetArrayLength()} values; the model takes {input.Width}.");
        }

        int i = 0;
        foreach (JsonElement value in element.EnumerateArray())
        {
            ThrowIf(input.Read(value, values, (row * input.Width) + i), $"{where.TrimEnd(',')}, value {i},");
            i++;
        }
    }

    private Array[] NewValues(int rows) => [.. columns.Inputs.Select(input => input.NewValues(rows))];

    private void ThrowIfNot(int rows, string where)
    {
        if (rows == 0)
        {
            throw Refused($"{where} no rows; write one or more.");
        }

        if (rows > mostRows)
        {
            throw Refused($"{where} {rows} rows; a request may have up to {mostRows}. Send several requests.");
        }
    }

    private static void ThrowIf(string? problem, string where)
    {
        if (problem is not null)
        {
            throw Refused($"{where} {problem}.");
        }
    }

    private static string Rows(int? rows) => rows is { } count ? $"an array of {count}" : "the value of one row";

    private static RefusedException Refused(string message) => new(StatusCodes.Status400BadRequest, message);
}
