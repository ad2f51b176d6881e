using System.Globalization;
using System.Numerics;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;
using static Microsoft.ML.Transforms.ValueToKeyMappingTransformer;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes MapValueToKey: y = 1 + the place of x among the values that were learnt; 0 for one that was not, for NaN, for empty text and for
/// a
/// missing key. Text and Single are looked up as they are, whole numbers and keys as text, booleans as Single, and Double by comparison.
/// NaN, which a map may have as a key, equals nothing in ONNX and is found by <c>IsNaN</c>.
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
        {
            throw column.Refusal("has learnt no values, so that it is always missing");
        }

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
        OnnxElementType.Float => LookUpReal(column, terms.Of<float>(), LookUp),
        OnnxElementType.Bool => LookUp(
            column,
            column.Cast(column.InputValue, OnnxElementType.Float),
            PlacesOf(Array.ConvertAll(terms.Of<bool>(), term => term ? 1f : 0f))),
        OnnxElementType.Double => LookUpReal(column, terms.Of<double>(), Compare),
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
        => LookUpText(
            column,
            column.Cast(column.InputValue, OnnxElementType.String),
            Array.ConvertAll(terms, term => term.ToString(null, CultureInfo.InvariantCulture).AsMemory()));

    private static OnnxValue LookUpText(PipelineColumn column, OnnxValue x, ReadOnlyMemory<char>[] terms)
    {
        var (node, key) = AddEncoder(column, x, Enumerable.Range(1, terms.Length));
        node.With("keys_strings", terms.Select(term => term.ToString()));
        return key;
    }

    /// <summary>y = the place of NaN where x is NaN, else that of x among the others. ML.NET's maps hold each key once.</summary>
    private static OnnxValue LookUpReal<T>(PipelineColumn column, T[] terms, Func<PipelineColumn, OnnxValue, Placed<T>[], OnnxValue> lookUp)
        where T : unmanaged, IFloatingPoint<T>
    {
        var x = column.InputValue;
        var numbers = Array.FindAll(PlacesOf(terms), term => !T.IsNaN(term.Value));
        int missing = Array.FindIndex(terms, T.IsNaN) + 1;
        if (missing == 0)
        {
            return lookUp(column, x, numbers);
        }

        var others = numbers.Length > 0 ? lookUp(column, x, numbers) : column.Integers("none", 0);
        var isMissing = column.Add("IsNaN", OnnxElementType.Bool, x);
        return column.Add("Where", OnnxElementType.Int64, isMissing, column.Integers("missing", missing), others);
    }

    private static OnnxValue LookUp(PipelineColumn column, OnnxValue x, Placed<float>[] terms)
    {
        var (node, key) = AddEncoder(column, x, terms.Select(term => term.Place));
        node.With("keys_floats", terms.Select(term => term.Value));
        return key;
    }

    private static (NodeProto Node, OnnxValue Key) AddEncoder(PipelineColumn column, OnnxValue x, IEnumerable<int> places)
    {
        var (node, key) = column.AddNode("LabelEncoder", OnnxElementType.Int64, x);
        node.Domain = OnnxGraphBuilder.MachineLearningDomain;
        node.With("values_int64s", places.Select(place => (long)place)).With("default_int64", 0L);
        return (node, key);
    }

    /// <summary>y = Σ over values k of place of k·[x = k]: the encoder of this version takes no Double.</summary>
    private static OnnxValue Compare(PipelineColumn column, OnnxValue x, Placed<double>[] terms)
    {
        var last = column.Integers("last", -1);
        var wide = column.Add("Unsqueeze", OnnxElementType.Double, x, last);
        var values = column.Constant("values", OnnxElementType.Double, Array.ConvertAll(terms, term => term.Value), terms.Length);
        var equal = column.Add("Equal", OnnxElementType.Bool, wide, values);
        var places = column.Integers("places", Array.ConvertAll(terms, term => (long)term.Place));
        var place = column.Add("Mul", OnnxElementType.Int64, column.Cast(equal, OnnxElementType.Int64), places);
        var (node, key) = column.AddNode("ReduceSum", OnnxElementType.Int64, place, last);
        node.With("keepdims", 0L);
        return key;
    }

    private static Placed<T>[] PlacesOf<T>(T[] terms) => [.. terms.Select((term, i) => new Placed<T>(term, i + 1))];

    /// <summary>A value of a list with its place, from 1.</summary>
    private readonly record struct Placed<T>(T Value, int Place);
}
