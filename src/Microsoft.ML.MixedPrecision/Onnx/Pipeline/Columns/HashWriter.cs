using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes Hash, the first part of OneHotHashEncoding: y = 1 + MurmurHash3(x) mod 2^bits, element by element, by ONNX Runtime's operator
/// <c>com.microsoft.MurmurHash3</c>; 0 for NaN, for empty text and for a missing key. Where the hash is ordered, each place of a vector has
/// a seed of its own,
/// and so a node.
/// </summary>
/// <remarks>
/// ML.NET hashes text without the spaces at its ends, and text of other than ASCII characters not by its UTF-8 bytes, as ONNX Runtime does
/// (its shuffling of the bytes of one character takes those of the characters before along). Where such text comes in, the file gives 0,
/// missing.
/// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md and ML.NET's Hashing.MurmurHashV2.
/// </remarks>
internal static class HashWriter
{
    /// <summary>ASCII text that neither starts nor ends with a space, and is not empty.</summary>
    private const string SameHash = @"[\x01-\x1F\x21-\x7F]([\x01-\x7F]*[\x01-\x1F\x21-\x7F])?";

    /// <summary>The longest vector whose places are hashed by nodes of their own.</summary>
    private const int MostPlaces = 256;

    /// <summary>Writes a column.</summary>
    /// <returns>(N, dimensions of the input), keys.</returns>
    /// <exception cref="NotSupportedException">The whole vector makes one hash, it is too long, or of a type that has no ONNX form, or text
    /// in an opset under 20.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        var options = ((HashingTransformer)column.Transformer).Columns.Last(entry => entry.Name == column.Name);
        if (options.Combine)
        {
            throw column.Refusal($"hashes the elements of '{column.Input.Name}' into one number; hashes of each are written");
        }

        var hash = options.UseOrderedHashing ? HashInOrder(column, options.Seed) : Hash(column, Hashable(column), options.Seed);

        var size = column.Constant("size", OnnxElementType.UInt32, [1u << options.NumberOfBits], 1);
        var slot = column.Cast(column.Add("Mod", OnnxElementType.UInt32, hash, size), OnnxElementType.Int64);
        var key = column.Add("Add", OnnxElementType.Int64, slot, column.Integers("one", 1));
        return column.Cast(WithMissing(column, key), column.Type.Type);
    }

    /// <summary>The hash of each place, with the seed that belongs to it.</summary>
    private static OnnxValue HashInOrder(PipelineColumn column, uint seed)
    {
        var (x, width) = (Hashable(column), column.InputType.Width);
        if (width > MostPlaces)
        {
            throw column.Refusal($"hashes the {width} elements of '{column.Input.Name}', each with a seed of its own; "
                + $"up to {MostPlaces} are written, and with useOrderedHashing false any number");
        }

        if (width == 1)
        {
            return Hash(column, x, Hashing.MurmurRound(seed, 0));
        }

        var dimensions = column.InputType.Dimensions;
        var flat = dimensions.Length == 1 ? x : column.Add("Reshape", x.Type, x, column.Integers("flat", 0, width));
        var hashes = new OnnxValue[width];
        for (int place = 0; place < width; place++)
        {
            hashes[place] = Hash(column, At(column, flat, place), Hashing.MurmurRound(seed, (uint)place));
        }

        var (node, all) = column.AddNode("Concat", OnnxElementType.UInt32, hashes);
        node.With("axis", 1L);
        return dimensions.Length == 1 ? all : column.Add("Reshape", all.Type, all, column.Integers("shape", [0, .. dimensions]));
    }

    private static OnnxValue At(PipelineColumn column, OnnxValue flat, int place)
    {
        var (node, y) = column.AddNode("Gather", flat.Type, flat, column.Integers("place", place));
        node.With("axis", 1L);
        return y;
    }

    private static OnnxValue Hash(PipelineColumn column, OnnxValue x, uint seed)
    {
        var hash = column.AddNode("MurmurHash3", OnnxElementType.UInt32, x);
        column.OfRuntime(hash).With("positive", 1L).With("seed", (long)seed);
        return hash.Value;
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
        {
            return column.Add("Where", OnnxElementType.Int64, column.Add("IsNaN", OnnxElementType.Bool, x), missing, key);
        }

        if (((column.Input.Type as VectorDataViewType)?.ItemType ?? column.Input.Type) is KeyDataViewType)
        {
            return column.Add(
                "Where",
                OnnxElementType.Int64,
                column.Add("Equal", OnnxElementType.Bool, column.Cast(x, OnnxElementType.Int64), missing),
                missing,
                key);
        }

        if (x.Type != OnnxElementType.String)
        {
            return key;
        }

        if (column.Opset < 20)
        {
            throw column.Refusal($"hashes text, which takes an operator of opset 20; this file is of opset {column.Opset}, so export "
                + $"with {nameof(OnnxExportOptions)}.{nameof(OnnxExportOptions.OperatorSet)} = {nameof(OnnxOperatorSet.Standard)}");
        }

        var (node, same) = column.AddNode("RegexFullMatch", OnnxElementType.Bool, x);
        node.With("pattern", SameHash);
        return column.Add("Where", OnnxElementType.Int64, same, key, missing);
    }
}
