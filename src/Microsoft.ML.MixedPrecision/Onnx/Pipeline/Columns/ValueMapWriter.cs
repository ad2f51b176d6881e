using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Data.IO;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes MapValue: y = the value that belongs to x; for an x that is not in the map 0, false or empty text, as the type has it. The place
/// of x in the map
/// is looked up as MapValueToKey does it, and the value by its place.
/// </summary>
internal static class ValueMapWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, dimensions of the column).</returns>
    /// <exception cref="NotSupportedException">The values are vectors, the map is empty, or a type has no ONNX form.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        using var stream = new MemoryStream(MapOf((ValueMappingTransformer)column.Transformer), writable: false);
        IDataView map = new BinaryLoader(new MLContext(), new BinaryLoader.Arguments(), stream);
        var keys = map.Schema[ValueMappingTransformer.DefaultKeyColumnName];
        var values = map.Schema[ValueMappingTransformer.DefaultValueColumnName];
        if (values.Type is VectorDataViewType)
        {
            throw column.Refusal($"is mapped to vectors, of type {values.Type}; "
                + "values that are numbers, booleans, text or keys are written");
        }

        if (map.GetRowCount() == 0)
        {
            throw column.Refusal("is mapped by an empty map");
        }

        var place = ValueToKeyWriter.PlaceOf(column, ColumnTerms.OfRows(map, keys));
        return KeyToValueWriter.ValueAt(column, place, ColumnTerms.OfRows(map, values), KeyToValueWriter.Absent.IsZero);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_dataView")]
    private static extern ref byte[] MapOf(ValueMappingTransformer transformer);
}
