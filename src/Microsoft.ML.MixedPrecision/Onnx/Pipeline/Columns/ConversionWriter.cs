using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes ConvertType between numbers, booleans and keys, and from whole numbers to text. Other conversions from and to text read and write
/// numbers
/// in ML.NET's own way and are refused.
/// </summary>
internal static class ConversionWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, dimensions of the column).</returns>
    /// <exception cref="NotSupportedException">It is converted from text, or to text from something else than whole numbers.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        var (from, to) = (column.InputType.Type, column.Type.Type);
        if (from != to && (from == OnnxElementType.String || (to == OnnxElementType.String && !IsInteger(from))))
        {
            throw column.Refusal($"is converted from {column.Input.Type} to {column.DataType}; exported are conversions between "
                + $"numbers, booleans and keys, and from whole numbers to text");
        }

        return column.Cast(Width(from) > Width(to) && Width(to) > 0 ? WithoutTooLarge(column, Width(to)) : column.InputValue, to);
    }

    /// <summary>Unsigned numbers that a narrower type does not hold become 0; signed ones wrap around, as Cast has it.</summary>
    private static OnnxValue WithoutTooLarge(PipelineColumn column, int bits)
    {
        var (x, type) = (
            column.InputValue,
            column.InputType.Type == OnnxElementType.UInt64 ? OnnxElementType.UInt64 : OnnxElementType.UInt32);
        var shift = type == OnnxElementType.UInt64
            ? column.Constant("bits", type, [(ulong)bits], 1)
            : column.Constant("bits", type, [(uint)bits], 1);
        var (node, rest) = column.AddNode("BitShift", type, column.Cast(x, type), shift);
        node.With("direction", "RIGHT");
        var zero = column.Integers("zero", 0);
        var fits = column.Add("Equal", OnnxElementType.Bool, column.Cast(rest, OnnxElementType.Int64), zero);
        return column.Add("Where", OnnxElementType.Int64, fits, column.Cast(x, OnnxElementType.Int64), zero);
    }

    /// <summary>Bits of an unsigned number; 0 for other types.</summary>
    private static int Width(OnnxElementType type) => type switch
    {
        OnnxElementType.UInt8 => 8,
        OnnxElementType.UInt16 => 16,
        OnnxElementType.UInt32 => 32,
        OnnxElementType.UInt64 => 64,
        _ => 0,
    };

    private static bool IsInteger(OnnxElementType type)
        => type is not (OnnxElementType.Float or OnnxElementType.Double or OnnxElementType.Bool);
}
