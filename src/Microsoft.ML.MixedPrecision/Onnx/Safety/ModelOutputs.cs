using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Finds what a graph makes for each row.</summary>
internal static class ModelOutputs
{
    /// <summary>
    /// The outputs, which must have the number of rows as their first dimension, at two different numbers of rows. Those whose shape has
    /// nothing to do with the number of
    /// rows are left out, unless there are no others: ML.NET's own <c>ConvertToOnnx</c> writes texts about columns as such outputs.
    /// </summary>
    /// <param name="outputs">What the file declares.</param>
    /// <param name="rows">Rows of a batch.</param>
    /// <param name="sizes">What is known of values in such a batch.</param>
    /// <param name="others">What is known of them in a batch of another size; null if the model fixes the size.</param>
    /// <exception cref="OnnxModelRefusedException">One has not.</exception>
    public static ModelPort[] Of(IReadOnlyCollection<ValueInfoProto> outputs, int rows, SizeInference sizes, SizeInference? others)
    {
        ValueInfoProto[] ofRows = [.. outputs.Where(output => !IsConstant(sizes[output.Name], others?[output.Name]))];
        return [.. (ofRows.Length == 0 ? outputs : ofRows).Select(output => Of(output, rows, sizes[output.Name], others?[output.Name]))];
    }

    private static bool IsConstant(ValueSize size, ValueSize? other)
        => size.Dimensions is not null && other?.Dimensions is { } shape && shape.AsSpan().SequenceEqual(size.Dimensions);

    private static ModelPort Of(ValueInfoProto output, int rows, ValueSize size, ValueSize? other)
    {
        if (size.Dimensions is null)
        {
            return Declared(output);
        }

        if (size.Rank == 0 || size.Shape[0] != rows || other?.Shape[0] == rows)
        {
            throw Refusal.Because($"the output '{output.Name}' has the shape {size} in a batch of {rows} rows: its first dimension is "
                + $"not the number of rows", "Ask for other outputs, or export the model so that every output has a row for each row "
                    + "of the inputs.");
        }

        if (other is not null && !other.Shape.AsSpan(1).SequenceEqual(size.Shape.AsSpan(1)))
        {
            throw Refusal.Because(
                $"the output '{output.Name}' has another shape {size} in a batch of {rows} rows than {other}",
                "Export the model so that rows do not depend on how many there are.");
        }

        return size.Elements == 0
            ? throw Refusal.Damaged($"the output '{output.Name}' has the shape {size} and so no elements")
            : new(output.Name, size.Type, size.Shape[1..]);
    }

    /// <summary>What the file says of an output that operators at the caller's own risk make; the runtime holds it to that.</summary>
    private static ModelPort Declared(ValueInfoProto output)
    {
        var type = (OnnxElementType)output.Type.TensorType.ElemType;
        long[] shape = [.. output.Type.TensorType.Shape?.Dim.Skip(1).Select(dimension => dimension.DimValue) ?? [0]];
        return Enum.IsDefined(type)
            && type != OnnxElementType.Undefined
            && ValueSize.Product(shape) is >= 1 and <= int.MaxValue
            && Array.TrueForAll(shape, size => size >= 1)
            ? new(output.Name, type, shape)
            : throw Refusal.Because($"the shape of the output '{output.Name}' is neither known nor declared",
                "Export the model with a declared shape: the number of rows, then fixed sizes.");
    }
}
