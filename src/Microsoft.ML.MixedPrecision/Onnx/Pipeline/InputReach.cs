using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// How large an input may become of which no rows are given, read off the graph: where it is normalised, (x − c)·s, the fitted numbers tell
/// that
/// x is about c ± 1/s, and at most a few times that; and how much of 1/s FP16's rounding takes, half a unit of 2^-10 of a value of size c.
/// </summary>
/// <param name="context">The graph, with FP32 edges.</param>
internal sealed class InputReach(PipelineOnnxContext context)
{
    /// <summary>Deviations from the centre that rows are taken to reach: of a normal distribution 1 row in 16,000 is beyond.</summary>
    private const double Deviations = 4;

    /// <summary>The most that rounding to FP16 changes a value of size 1.</summary>
    private const double RoundingOfFloat16 = 1.0 / (1 << 11);

    private readonly ILookup<string, NodeProto> _readers = context.Graph.Graph.Node
        .SelectMany(node => node.Input.Distinct().Select(read => (read, node))).ToLookup(pair => pair.read, pair => pair.node);

    private readonly Dictionary<string, NodeProto> _makers = context.Graph.Graph.Node
        .SelectMany(node => node.Output.Select(made => (made, node))).ToDictionary(pair => pair.made, pair => pair.node);

    private readonly Dictionary<string, TensorProto> _constants = context.Graph.Graph.Initializer.ToDictionary(tensor => tensor.Name);

    /// <summary>The reach of an input; null if nothing is known.</summary>
    public (double Largest, double Loss)? Of(ValueInfoProto input)
    {
        if (context.WidthOf(input.Name) is not { } width)
        {
            return null;
        }

        (double Largest, double Loss)[] met = [.. Follow(input.Name, 0, width)];
        return met.Length == 0 ? null : (met.Max(reach => reach.Largest), met.Max(reach => reach.Loss));
    }

    /// <summary>Follows elements of a value to where they are scaled.</summary>
    /// <param name="value">The value: (N, some columns).</param>
    /// <param name="first">The first column that is the input's.</param>
    /// <param name="count">How many are.</param>
    private IEnumerable<(double Largest, double Loss)> Follow(string value, int first, int count)
        => _readers[value].SelectMany(node => Follow(node, value, first, count));

    private IEnumerable<(double Largest, double Loss)> Follow(NodeProto node, string value, int first, int count)
    {
        switch (node.OpType)
        {
            case "Identity" or "Cast" or "Reshape":
            case "Where" when node.Input[2] == value:
                return Follow(node.Output[0], first, count);
            case "Concat" when PlaceIn(node, value) is { } place:
                return Follow(node.Output[0], place + first, count);
            case "Sub" when node.Input[0] == value && ConstantOf(node.Input[1]) is { } centre:
                return Scales(node.Output[0]).DefaultIfEmpty(null).Select(scale => Normalised(centre, scale, first, count));
            case "Mul" when node.Input[0] == value && ConstantOf(node.Input[1]) is { } scale:
                return [Normalised(null, scale, first, count)];
            default:
                return [];
        }
    }

    private IEnumerable<double[]?> Scales(string value)
        => _readers[value].Where(node => node.OpType == "Mul" && node.Input[0] == value).Select(node => ConstantOf(node.Input[1]));

    private static (double Largest, double Loss) Normalised(double[]? centre, double[]? scale, int first, int count)
    {
        double largest = 0, loss = 0;
        for (int column = first; column < first + count; column++)
        {
            double size = Math.Abs(At(centre, column)), factor = Math.Abs(At(scale, column));
            largest = Math.Max(largest, size + (factor == 0 ? 0 : Deviations / factor));
            loss = Math.Max(loss, size * factor * RoundingOfFloat16);
        }

        return (largest, loss);
    }

    /// <summary>A column's number; 0 if there is none for it.</summary>
    private static double At(double[]? values, int column)
        => values is [var forAll] ? forAll : values is not null && column < values.Length ? values[column] : 0;

    /// <summary>The column of a concatenation that a value begins at; null if a width before it is not known.</summary>
    private int? PlaceIn(NodeProto node, string value)
    {
        int place = 0;
        foreach (string read in node.Input.TakeWhile(read => read != value))
        {
            if (WidthOf(read) is not { } width)
            {
                return null;
            }

            place += width;
        }

        return place;
    }

    private double[]? ConstantOf(string name) => _constants.TryGetValue(name, out var tensor) ? (OnnxElementType)tensor.DataType switch
    {
        OnnxElementType.Float => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray(), value => (double)value),
        OnnxElementType.Double => MemoryMarshal.Cast<byte, double>(tensor.RawData.Span).ToArray(),
        _ => null,
    } : null;

    /// <summary>Columns of what a concatenation reads: a column's values, or those of a matrix made flat.</summary>
    private int? WidthOf(string value)
        => context.WidthOf(value) is { } width ? width
            : _makers.TryGetValue(value, out var maker) && maker.OpType == "Reshape" ? context.WidthOf(maker.Input[0]) : null;
}
