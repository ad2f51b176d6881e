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
        return column.Cast(Look(column, terms), column.Type.Type);
    }

    private static OnnxValue Look(PipelineColumn column, TermMap terms) => column.InputType.Type switch
    {
        OnnxElementType.String => LookUpText(column, column.InputValue, TermsOf<ReadOnlyMemory<char>>(terms)),
        OnnxElementType.Float => LookUp(column, column.InputValue, TermsOf<float>(terms)),
        OnnxElementType.Bool => LookUp(column, column.Cast(column.InputValue, OnnxElementType.Float), Array.ConvertAll(TermsOf<bool>(terms), term => term ? 1f : 0f)),
        OnnxElementType.Double => Compare(column, TermsOf<double>(terms)),
        OnnxElementType.Int8 => LookUpInteger(column, TermsOf<sbyte>(terms)),
        OnnxElementType.Int16 => LookUpInteger(column, TermsOf<short>(terms)),
        OnnxElementType.Int32 => LookUpInteger(column, TermsOf<int>(terms)),
        OnnxElementType.Int64 => LookUpInteger(column, TermsOf<long>(terms)),
        OnnxElementType.UInt8 => LookUpInteger(column, TermsOf<byte>(terms)),
        OnnxElementType.UInt16 => LookUpInteger(column, TermsOf<ushort>(terms)),
        OnnxElementType.UInt32 => LookUpInteger(column, TermsOf<uint>(terms)),
        OnnxElementType.UInt64 => LookUpInteger(column, TermsOf<ulong>(terms)),
        _ => throw column.Refusal($"is made from '{column.Input.Name}' of type {column.Input.Type}, whose values ONNX cannot look up"),
    };

    private static T[] TermsOf<T>(TermMap terms)
    {
        VBuffer<T> values = default;
        ((TermMap<T>)terms).GetTerms(ref values);
        return [.. values.DenseValues()];
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
