using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes Hash of a scalar, the first part of OneHotHashEncoding: y = 1 + MurmurHash3(x) mod 2^bits, by ONNX Runtime's operator
/// <c>com.microsoft.MurmurHash3</c>; 0 for NaN, for empty text and for a missing key.
/// </summary>
/// <remarks>
/// ML.NET hashes text without the spaces at its ends, and text of other than ASCII characters not by its UTF-8 bytes, as ONNX Runtime does
/// (its shuffling of the bytes of one character takes those of the characters before along). Where such text comes in, the file gives 0, missing.
/// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md and ML.NET's Hashing.MurmurHashV2.
/// </remarks>
internal static class HashWriter
{
    /// <summary>ASCII text that neither starts nor ends with a space, and is not empty.</summary>
    private const string SameHash = @"[\x01-\x1F\x21-\x7F]([\x01-\x7F]*[\x01-\x1F\x21-\x7F])?";

    /// <summary>Writes a column.</summary>
    /// <returns>(N, 1), keys.</returns>
    /// <exception cref="NotSupportedException">The input is a vector, or of a type that has no ONNX form, or text in an opset under 20.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        if (column.Input.Type is VectorDataViewType)
            throw column.Refusal($"hashes the vector '{column.Input.Name}' of type {column.Input.Type}; hashes of scalars are written");

        var options = ((HashingTransformer)column.Transformer).Columns.Last(entry => entry.Name == column.Name);
        var (node, hash) = column.AddNode("MurmurHash3", OnnxElementType.UInt32, Hashable(column));
        node.Domain = OnnxModelFile.RuntimeDomain;
        node.With("positive", 1L).With("seed", (long)(options.UseOrderedHashing ? Hashing.MurmurRound(options.Seed, 0) : options.Seed));

        var size = column.Constant("size", OnnxElementType.UInt32, [1u << options.NumberOfBits], 1);
        var slot = column.Cast(column.Add("Mod", OnnxElementType.UInt32, hash, size), OnnxElementType.Int64);
        var key = column.Add("Add", OnnxElementType.Int64, slot, column.Integers("one", 1));
        return column.Cast(WithMissing(column, key), column.Type.Type);
    }

    /// <summary>The input as the operator takes it: narrow whole numbers as 32 bits, and −0 as 0.</summary>
    private static OnnxValue Hashable(PipelineColumn column)
    {
        var x = column.InputValue;
        return x.Type switch
        {
            OnnxElementType.Bool or OnnxElementType.UInt8 or OnnxElementType.UInt16 => column.Cast(x, OnnxElementType.UInt32),
            OnnxElementType.Int8 or OnnxElementType.Int16 => column.Cast(x, OnnxElementType.Int32),
            OnnxElementType.Float => WithoutNegativeZero(column, x, column.Constant("zero", OnnxElementType.Float, new float[1], 1)),
            OnnxElementType.Double => WithoutNegativeZero(column, x, column.Constant("zero", OnnxElementType.Double, new double[1], 1)),
            _ => x,
        };
    }

    private static OnnxValue WithoutNegativeZero(PipelineColumn column, OnnxValue x, OnnxValue zero)
        => column.Add("Where", x.Type, column.Add("Equal", OnnxElementType.Bool, x, zero), zero, x);

    private static OnnxValue WithMissing(PipelineColumn column, OnnxValue key)
    {
        var x = column.InputValue;
        var missing = column.Integers("missing", 0);
        if (x.Type is OnnxElementType.Float or OnnxElementType.Double)
            return column.Add("Where", OnnxElementType.Int64, column.Add("IsNaN", OnnxElementType.Bool, x), missing, key);
        if (column.Input.Type is KeyDataViewType)
            return column.Add("Where", OnnxElementType.Int64, column.Add("Equal", OnnxElementType.Bool, column.Cast(x, OnnxElementType.Int64), missing), missing, key);
        if (x.Type != OnnxElementType.String)
            return key;
        if (column.Opset < 20)
            throw column.Refusal($"hashes text, which takes an operator of opset 20; this file is of opset {column.Opset}, so export with {nameof(OnnxExportOptions)}.{nameof(OnnxExportOptions.OperatorSet)} = {nameof(OnnxOperatorSet.Standard)}");
        var (node, same) = column.AddNode("RegexFullMatch", OnnxElementType.Bool, x);
        node.With("pattern", SameHash);
        return column.Add("Where", OnnxElementType.Int64, same, key, missing);
    }
}
