using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>
/// Finds what a graph reads from rows. A dimension is open if it has a name, nothing, or a negative size, which ML.NET's own
/// <c>ConvertToOnnx</c> writes (−1) for the
/// number of rows: ONNX Runtime removes negative sizes when it reads a file.
/// </summary>
/// <remarks>Source: <c>RemoveInvalidValues</c> in
/// https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/graph/node_arg.cc.</remarks>
internal static class ModelInputs
{
    /// <summary>The inputs that are not constants, and the number of rows that they fix.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>The inputs; the number of rows, null if the graph takes any.</returns>
    /// <exception cref="OnnxModelRefusedException">An input has no dimension for rows, another one is not fixed, or they fix different
    /// numbers of rows.</exception>
    public static (ModelPort[] Inputs, int? FixedBatch) Of(GraphProto graph)
    {
        var constants = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        ValueInfoProto[] asked = [.. graph.Input.Where(input => !constants.Contains(input.Name))];
        if (asked.Length == 0)
        {
            throw Refusal.Because("it has no inputs", "A model that reads no rows cannot be applied to them.");
        }

        long[] batches = [.. asked.Select(Batch).OfType<long>().Distinct()];
        return batches.Length > 1
            ? throw Refusal.Because($"its inputs fix different numbers of rows: {string.Join(", ", batches)}",
                "Export the model with the number of rows as the first dimension of every input.")
            : ([.. asked.Select(Port)], batches.Length == 0 ? null : (int)batches[0]);
    }

    private static ModelPort Port(ValueInfoProto input)
    {
        var type = (OnnxElementType)input.Type.TensorType.ElemType;
        if (type == OnnxElementType.Undefined || !Enum.IsDefined(type))
        {
            throw Refusal.Because(
                $"the input '{input.Name}' is of element type {(int)type}, which is not accepted",
                "Export the model with numbers of 8 to 64 bits, booleans or texts.");
        }

        return new(
            input.Name,
            type,
            [.. input.Type.TensorType.Shape.Dim.Skip(1).Select((dimension, index) => Fixed(input.Name, index + 1, dimension))]);
    }

    private static long? Batch(ValueInfoProto input)
    {
        var dimensions = input.Type.TensorType.Shape?.Dim;
        if (dimensions is null or [])
        {
            throw Refusal.Because(
                $"the input '{input.Name}' {(dimensions is null ? "declares no shape" : "is a single number")}",
                "Export the model with the number of rows as the first dimension of every input.");
        }

        return IsOpen(dimensions[0]) ? null : Fixed(input.Name, 0, dimensions[0]);
    }

    private static bool IsOpen(TensorShapeProto.Types.Dimension dimension)
        => dimension is not { ValueCase: TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue, DimValue: >= 0 };

    private static long Fixed(string name, int index, TensorShapeProto.Types.Dimension dimension)
    {
        if (IsOpen(dimension))
        {
            throw Refusal.Because($"dimension {index} ('{dimension.DimParam}') of the input '{name}' is not fixed",
                "Only the first one, the number of rows, may be open: export the model with fixed sizes for the others.");
        }

        return dimension.DimValue is >= 1 and <= int.MaxValue
            ? dimension.DimValue
            : throw Refusal.Damaged($"dimension {index} of the input '{name}' is {dimension.DimValue}");
    }
}
