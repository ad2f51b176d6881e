using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes MapKeyToBinaryVector, the last part of OneHotEncoding with output kind Binary: the bits of k − 1 for key k, the highest first;
/// all ones for a
/// missing key.
/// </summary>
internal static class KeyToBinaryWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, B) for a scalar, (N, d, B) for a vector of d keys.</returns>
    /// <exception cref="NotSupportedException">The keys are a vector of several dimensions.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        if (column.InputType.Dimensions.Length != 1)
        {
            throw column.Refusal($"is made from '{column.Input.Name}' of type {column.Input.Type}; "
                + "bits of keys are written of scalars and of vectors of one dimension");
        }

        const OnnxElementType Type = OnnxElementType.Int64;
        int bits = (int)column.Type.Dimensions[^1];
        var key = column.Cast(column.InputValue, Type);
        var isMissing = column.Add("Equal", OnnxElementType.Bool, key, column.Integers("missing", 0));
        var counted = column.Add("Sub", Type, key, column.Integers("one", 1));
        var number = column.Add("Where", Type, isMissing, column.Integers("ones", (1L << bits) - 1), counted);
        if (column.Type.Dimensions.Length == 2)
        {
            number = column.Add("Unsqueeze", Type, number, column.Integers("last", -1));
        }

        long[] places = [.. Enumerable.Range(0, bits).Select(bit => 1L << (bits - 1 - bit))];
        var shifted = column.Add("Div", Type, number, column.Integers("places", places));
        return column.Cast(column.Add("Mod", Type, shifted, column.Integers("two", 2)), column.Type.Type);
    }
}
