using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;
using static Microsoft.ML.Transforms.ValueToKeyMappingTransformer;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes MapValueToKey: y = 1 + the place of x among the values that were learnt; 0 for one that was not, for NaN, for empty text and for a
/// missing key. Text and Single are looked up as they are, whole numbers and keys as text, booleans as Single, and Double by comparison.
/// </summary>
internal static class ValueToKeyWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, dimensions of the column), keys.</returns>
    /// <exception cref="NotSupportedException">No values were learnt, or their type has no ONNX form.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        var transformer = (ValueToKeyMappingTransformer)column.Transformer;
        var terms = transformer.GetTermMap(Array.FindIndex(transformer.ColumnPairs, pair => pair.outputColumnName == column.Name));
        if (terms.Count == 0)
            throw column.Refusal("has learnt no values, so that it is always missing");
        return column.Cast(PlaceOf(column, new LearntTerms(terms)), column.Type.Type);
    }

    /// <summary>The place of each element of a column's input in a list of its type.</summary>
    /// <param name="column">The column that is written.</param>
    /// <param name="terms">The list.</param>
    /// <returns>Places, Int64, the shape of the input: from 1; 0 for what is not in the list.</returns>
    /// <exception cref="NotSupportedException">The type has no ONNX form.</exception>
    public static OnnxValue PlaceOf(PipelineColumn column, ColumnTerms terms) => column.InputType.Type switch
    {
        OnnxElementType.String => LookUpText(column, column.InputValue, terms.Of<ReadOnlyMemory<char>>()),
        OnnxElementType.Float => LookUp(column, column.InputValue, terms.Of<float>()),
        OnnxElementType.Bool => LookUp(column, column.Cast(column.InputValue, OnnxElementType.Float), Array.ConvertAll(terms.Of<bool>(), term => term ? 1f : 0f)),
        OnnxElementType.Double => Compare(column, terms.Of<double>()),
        OnnxElementType.Int8 => LookUpInteger(column, terms.Of<sbyte>()),
        OnnxElementType.Int16 => LookUpInteger(column, terms.Of<short>()),
        OnnxElementType.Int32 => LookUpInteger(column, terms.Of<int>()),
        OnnxElementType.Int64 => LookUpInteger(column, terms.Of<long>()),
        OnnxElementType.UInt8 => LookUpInteger(column, terms.Of<byte>()),
        OnnxElementType.UInt16 => LookUpInteger(column, terms.Of<ushort>()),
        OnnxElementType.UInt32 => LookUpInteger(column, terms.Of<uint>()),
        OnnxElementType.UInt64 => LookUpInteger(column, terms.Of<ulong>()),
        _ => throw column.Refusal($"is made from '{column.Input.Name}' of type {column.Input.Type}, whose values ONNX cannot look up"),
    };

    /// <summary>What MapValueToKey has learnt.</summary>
    private sealed class LearntTerms(TermMap terms) : ColumnTerms
    {
        /// <inheritdoc/>
        public override T[] Of<T>()
        {
            VBuffer<T> values = default;
            ((TermMap<T>)terms).GetTerms(ref values);
            return [.. values.DenseValues()];
        }
    }

    private static OnnxValue LookUpInteger<T>(PipelineColumn column, T[] terms)
        where T : IFormattable
        => LookUpText(column, column.Cast(column.InputValue, OnnxElementType.String), Array.ConvertAll(terms, term => term.ToString(null, CultureInfo.InvariantCulture).AsMemory()));

    private static OnnxValue LookUpText(PipelineColumn column, OnnxValue x, ReadOnlyMemory<char>[] terms)
    {
        var (node, key) = AddEncoder(column, x, terms.Length);
        node.With("keys_strings", terms.Select(term => term.ToString()));
        return key;
    }

    private static OnnxValue LookUp(PipelineColumn column, OnnxValue x, float[] terms)
    {
        var (node, key) = AddEncoder(column, x, terms.Length);
        node.With("keys_floats", terms);
        return key;
    }

    private static (NodeProto Node, OnnxValue Key) AddEncoder(PipelineColumn column, OnnxValue x, int count)
    {
        var (node, key) = column.AddNode("LabelEncoder", OnnxElementType.Int64, x);
        node.Domain = OnnxGraphBuilder.MachineLearningDomain;
        node.With("values_int64s", Enumerable.Range(1, count).Select(place => (long)place)).With("default_int64", 0L);
        return (node, key);
    }

    /// <summary>y = Σ over places k of k·[x = value k]: the encoder of this version takes no Double.</summary>
    private static OnnxValue Compare(PipelineColumn column, double[] terms)
    {
        var last = column.Integers("last", -1);
        var wide = column.Add("Unsqueeze", OnnxElementType.Double, column.InputValue, last);
        var equal = column.Add("Equal", OnnxElementType.Bool, wide, column.Constant("values", OnnxElementType.Double, terms, terms.Length));
        var places = column.Integers("places", [.. Enumerable.Range(1, terms.Length)]);
        var place = column.Add("Mul", OnnxElementType.Int64, column.Cast(equal, OnnxElementType.Int64), places);
        var (node, key) = column.AddNode("ReduceSum", OnnxElementType.Int64, place, last);
        node.With("keepdims", 0L);
        return key;
    }
}
