using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Reports;

/// <summary>Shows the lines of several files of results beside each other: ours and the peers'.</summary>
internal static class CompareCommand
{
    private static readonly string[] Sorted = ["work", "mode", "system"];

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        "compare",
        "the measurements of several result files in one table, by workload and mode",
        [new("files", "", "files of JSON lines, with commas between them; other lines are passed over")],
        Run);

    private static int Run(Arguments arguments)
    {
        var lines = arguments.List("files").SelectMany(Lines).ToList();
        IOrderedEnumerable<JsonObject> sorted = lines.OrderBy(line => (string?)line[Sorted[0]]);
        foreach (string key in Sorted[1..])
        {
            sorted = sorted.ThenBy(line => (string?)line[key]);
        }

        TextTable.Write(
            Console.Out,
            [
                new("work", "workload"),
                new("mode", "mode"),
                new("system", "system"),
                new("compile", "compile"),
                new("device_name", "device"),
                new("file", "file"),
                new("ms", "ms", "F4"), new("rows_s", "rows/s"), new("tflops", "TFLOP/s", "F1"), new("gflops", "GFLOP/s", "F1"),
                new("of_peak", "of peak", "P1"), new("peak_mib", "memory, MiB"), new("error", "error"),
            ],
            [.. sorted]);
        return 0;
    }

    private static IEnumerable<JsonObject> Lines(string file)
    {
        if (!File.Exists(file))
        {
            throw new UsageException($"--files {file}: there is no such file.");
        }

        foreach (string text in File.ReadLines(file).Where(text => text.StartsWith('{')))
        {
            JsonObject line = Parse(file, text);
            if (line.ContainsKey("work") && (string?)line["kind"] != "summary")
            {
                line["file"] = Path.GetFileNameWithoutExtension(file);
                yield return line;
            }
        }
    }

    private static JsonObject Parse(string file, string text)
    {
        try
        {
            return JsonNode.Parse(text)!.AsObject();
        }
        catch (JsonException e)
        {
            throw new UsageException($"--files {file}: the line '{text}' is no JSON. {e.Message}");
        }
    }
}
