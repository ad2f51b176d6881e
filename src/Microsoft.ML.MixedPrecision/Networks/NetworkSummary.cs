using System.Collections;
using System.Globalization;
using System.Text;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision;

/// <summary>The layers of a network in forward order, with shapes and sizes; a layer that holds others stands behind them.
/// <see cref="ToString"/> is a table.</summary>
public sealed class NetworkSummary : IReadOnlyList<LayerSummary>
{
    private const string Gap = "  ";
    private readonly LayerSummary[] _layers;

    internal NetworkSummary(NetworkSpec spec)
        => _layers = [.. new NetworkSizes(spec).Layers.Select(
            layer => new LayerSummary(layer.Spec.Name, layer.Spec.Kind, $"{layer.Output.Shape}", layer.Parameters))];

    /// <inheritdoc/>
    public int Count => _layers.Length;

    /// <summary>Numbers that training learns by gradient, of all layers.</summary>
    public long ParameterCount => _layers.Sum(layer => layer.Parameters);

    /// <inheritdoc/>
    public LayerSummary this[int index] => _layers[index];

    /// <inheritdoc/>
    public IEnumerator<LayerSummary> GetEnumerator() => ((IEnumerable<LayerSummary>)_layers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A line a layer, with name, kind, output and parameters, between a header and the sum of the parameters.</summary>
    public override string ToString()
    {
        string[][] rows =
        [
            ["name", "layer", "output", "parameters"],
            .. _layers.Select(layer => new[] { layer.Name, layer.Layer, layer.Output, Text(layer.Parameters) }),
            ["all", "", "", Text(ParameterCount)],
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            IEnumerable<string> left = row[..^1].Select((cell, column) => cell.PadRight(widths[column]));
            text.AppendLine(string.Join(Gap, [.. left, row[^1].PadLeft(widths[^1])]));
        }

        return text.ToString();
    }

    private static string Text(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
