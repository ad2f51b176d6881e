using System.Globalization;
using System.Text.Json;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>Reads what <c>fetch.sh</c> writes.</summary>
internal static class CsvTable
{
    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web);

    /// <summary>Reads a table.</summary>
    /// <param name="folder">Where <c>fetch.sh</c> wrote to.</param>
    /// <param name="name">The table's name.</param>
    /// <exception cref="UsageException">The table is not there.</exception>
    /// <exception cref="InvalidDataException">A line has another number of cells than the header, a number cannot be read, or rows are
    /// missing.</exception>
    public static TableData Read(string folder, string name)
    {
        string path = Path.Combine(folder, name + ".csv");
        if (!File.Exists(path))
        {
            throw new UsageException($"--data {folder}: there is no {name}.csv; run "
                + "test/Microsoft.ML.MixedPrecision.Benchmarks/Tables/Data/fetch.sh, or leave the table out.");
        }

        TableDescription description = JsonSerializer.Deserialize<TableDescription>(
            File.ReadAllText(Path.Combine(folder, name + ".json")),
            CamelCase)!;
        string[][] lines = [.. File.ReadLines(path).Select(line => line.Split(','))];
        string[] header = lines[0];
        int wrong = Array.FindIndex(lines, line => line.Length != header.Length);
        if (wrong >= 0)
        {
            throw new InvalidDataException($"{path}, line {wrong + 1}: {lines[wrong].Length} cells instead of {header.Length}.");
        }

        if (lines.Length - 1 != description.Rows)
        {
            throw new InvalidDataException($"{path}: {lines.Length - 1} rows instead of {description.Rows}; run fetch.sh again.");
        }

        string[] Column(string column) => [.. lines.Skip(1).Select(cells => cells[Array.IndexOf(header, column)])];
        float[] Numbers(string column) => [.. Column(column).Select((cell, row) => Number(path, column, row, cell))];
        TableLabels labels = description.Question switch
        {
            Question.Binary => TableLabels.Of([.. Column(description.Label).Select(cell => cell == description.Positive)]),
            Question.Multiclass => TableLabels.Of(Column(description.Label)),
            _ => TableLabels.Of(Numbers(description.Label)),
        };
        return new(
            description.Question,
            labels,
            [.. description.Numbers.Select(Numbers)],
            [.. description.Categories.Select(Column)]);
    }

    private static float Number(string path, string column, int row, string cell)
        => cell.Length == 0 ? float.NaN
            : float.TryParse(cell, CultureInfo.InvariantCulture, out float value) ? value
            : throw new InvalidDataException($"{path}, column {column}, row {row + 1}: '{cell}' is no number.");
}
