using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OnnxScoring;

/// <summary>The rows of a request.</summary>
/// <param name="Values">(rows, features), one row after the other.</param>
/// <param name="Count">Rows.</param>
/// <param name="Many">Whether they were written as an array of rows, and not as one row alone.</param>
internal readonly record struct FeatureRows(float[] Values, int Count, bool Many)
{
    /// <summary>Reads <c>{ "input": [numbers] }</c> or <c>{ "input": [[numbers], …] }</c>.</summary>
    /// <param name="body">The body.</param>
    /// <param name="model">Says name and length.</param>
    /// <param name="mostRows">Rows that are allowed.</param>
    /// <exception cref="RefusedException">It is something else; the message says what and where.</exception>
    public static FeatureRows Read(JsonElement body, IScoringModel model, int mostRows)
    {
        JsonElement field = Field(body, model.Input);
        bool many = field.GetArrayLength() > 0 && field[0].ValueKind == JsonValueKind.Array;
        int count = many ? field.GetArrayLength() : 1;
        if (count > mostRows)
        {
            throw Refused($"'{model.Input}' has {count} rows; a request may have up to {mostRows}. Send several requests.");
        }

        float[] values = new float[count * model.Features];
        for (int row = 0; row < count; row++)
        {
            ReadRow(many ? field[row] : field, many ? $"Row {row} of '{model.Input}'" : $"'{model.Input}'", values.AsSpan(row * model.Features, model.Features));
        }

        return new(values, count, many);
    }

    private static JsonElement Field(JsonElement body, string name)
    {
        string wanted = $"The body must be an object with one field, '{name}'";
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw Refused($"{wanted}; it is {Kind(body)}.");
        }

        JsonElement? field = null;
        foreach (JsonProperty property in body.EnumerateObject())
        {
            field = !IsNamed(property, name) ? throw Refused($"{wanted}; it has the field '{Shown(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(property)))}'.")
                : field is not null ? throw Refused($"{wanted}; it has that field twice.")
                : property.Value;
        }

        return field is not { } value ? throw Refused($"{wanted}; it has none.")
            : value.ValueKind == JsonValueKind.Array ? value
            : throw Refused($"'{name}' is {Kind(value)}; write an array of numbers, or an array of such arrays.");
    }

    /// <summary>Compares names. An escape can write half of a surrogate pair, which no name has; that is why messages quote the body as it is written.</summary>
    private static bool IsNamed(JsonProperty property, string name)
    {
        try
        {
            return property.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void ReadRow(JsonElement row, string where, Span<float> values)
    {
        if (row.ValueKind != JsonValueKind.Array)
        {
            throw Refused($"{where} is {Kind(row)}; write an array of {values.Length} numbers, as for the first row.");
        }

        if (row.GetArrayLength() != values.Length)
        {
            throw Refused($"{where} has {row.GetArrayLength()} numbers; the model takes {values.Length}.");
        }

        int i = 0;
        foreach (JsonElement element in row.EnumerateArray())
        {
            values[i] = ReadNumber(element, where, i);
            i++;
        }
    }

    private static float ReadNumber(JsonElement element, string where, int i)
    {
        if (element.ValueKind != JsonValueKind.Number)
        {
            throw Refused($"{where}, number {i}, is {Kind(element)}; features are finite numbers.");
        }

        // Beyond the range, parsing gives an infinity, not an error.
        return element.TryGetSingle(out float value) && float.IsFinite(value)
            ? value
            : throw Refused($"{where}, number {i}, is {Shown(element.GetRawText())}, beyond single precision, ±{float.MaxValue}.");
    }

    private static RefusedException Refused(string message) => new(StatusCodes.Status400BadRequest, message);

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => $"the text {Shown(element.GetRawText())}",
        JsonValueKind.Number => $"the number {Shown(element.GetRawText())}",
        _ => element.GetRawText(),
    };

    private static string Shown(string text) => text.Length <= 32 ? text : text[..32] + "…";
}
