using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Reports;

/// <summary>What a command prints: a header, a JSON line a measurement as soon as it is known, and a table of them at the end.</summary>
/// <param name="output">Where to.</param>
/// <param name="columns">Columns of the table.</param>
internal sealed class Report(TextWriter output, IReadOnlyList<Column> columns)
{
    private static readonly Column Error = new("error", "error");
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly List<JsonObject> _rows = [];
    private bool _failed;

    /// <summary>Prints a line that the table does not show.</summary>
    public void Print(JsonObject line)
    {
        output.WriteLine(line.ToJsonString(Plain));
        output.Flush();
    }

    /// <summary>Prints a line and keeps it for the table.</summary>
    public void Add(JsonObject line)
    {
        Print(line);
        _rows.Add(line);
    }

    /// <summary>Prints what a measurement gives. One that fails is a line with the error instead: it must not hide the others.</summary>
    /// <param name="identity">What is measured.</param>
    /// <param name="measure">Adds what was measured.</param>
    /// <param name="inTable">Whether the table shows the line; it shows errors anyway.</param>
    public void Attempt(JsonObject identity, Action<JsonObject> measure, bool inTable = true)
    {
        try
        {
            measure(identity);
        }
        catch (Exception e)
        {
            _failed = true;
            identity[Error.Key] = $"{e.GetType().Name}: {e.Message}";
            inTable = true;
        }

        Print(identity);
        if (inTable)
        {
            _rows.Add(identity);
        }
    }

    /// <summary>Prints the table.</summary>
    /// <returns>The exit code: 1 if a measurement failed, else 0.</returns>
    public int Finish()
    {
        output.WriteLine();
        TextTable.Write(output, [.. columns, Error], _rows);
        return _failed ? 1 : 0;
    }
}
