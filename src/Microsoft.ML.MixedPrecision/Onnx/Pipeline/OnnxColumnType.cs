using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>What a column is in an ONNX graph: an element type, and a shape behind the number of rows.</summary>
/// <param name="Type">What the tensor holds; keys are the unsigned numbers that ML.NET stores for them.</param>
/// <param name="Dimensions">The shape of one row; a scalar is a row of one element.</param>
internal readonly record struct OnnxColumnType(OnnxElementType Type, long[] Dimensions)
{
    /// <summary>The dimension of vectors whose length differs from row to row.</summary>
    public const long AnyLength = -1;

    /// <summary>Elements in a row.</summary>
    public int Width => (int)Dimensions.Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>The form of a column's type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="columnName">The column, for the message.</param>
    /// <exception cref="NotSupportedException">ONNX has no such type, or the length of the vector is not known.</exception>
    public static OnnxColumnType Of(DataViewType type, string columnName)
    {
        var vector = type as VectorDataViewType;
        if (vector is { IsKnownSize: false })
        {
            throw new NotSupportedException($"Column '{columnName}' is a vector of unknown length ({type}); an ONNX file needs a fixed "
                + $"one. Load it with its length, leave it out of what the wanted columns depend on, or export the network alone, from "
                + $"its features on, with {ExportNames.Network}.");
        }

        var element = TryElementOf((vector?.ItemType ?? type).RawType);
        if (element == OnnxElementType.Undefined)
        {
            throw new NotSupportedException($"Column '{columnName}' is of type {type}, which ONNX does not have; use numbers, "
                + $"booleans, text or keys, or export the network alone, from its features on, with {ExportNames.Network}.");
        }

        return new OnnxColumnType(element, vector is null ? [1] : [.. vector.Dimensions.Select(dimension => (long)dimension)]);
    }

    /// <summary>The form of a column's type inside the graph, where vectors of texts, and of their keys, may have any length: (N, the
    /// longest row's), filled up.</summary>
    /// <inheritdoc cref="Of"/>
    public static OnnxColumnType Inside(DataViewType type, string columnName)
        => type is VectorDataViewType { IsKnownSize: false } vector
            && TryElementOf(vector.ItemType.RawType) is > OnnxElementType.Undefined and var element
            ? new OnnxColumnType(element, [AnyLength])
            : Of(type, columnName);

    /// <summary>The element type that holds values of a .NET type.</summary>
    /// <exception cref="NotSupportedException">ONNX has no such type.</exception>
    public static OnnxElementType ElementOf(Type type)
        => TryElementOf(type) is var element && element != OnnxElementType.Undefined
            ? element
            : throw new NotSupportedException($"{type} has no ONNX form; use numbers, booleans or text.");

    private static OnnxElementType TryElementOf(Type type) => System.Type.GetTypeCode(type) switch
    {
        TypeCode.Single => OnnxElementType.Float,
        TypeCode.Double => OnnxElementType.Double,
        TypeCode.Boolean => OnnxElementType.Bool,
        TypeCode.SByte => OnnxElementType.Int8,
        TypeCode.Int16 => OnnxElementType.Int16,
        TypeCode.Int32 => OnnxElementType.Int32,
        TypeCode.Int64 => OnnxElementType.Int64,
        TypeCode.Byte => OnnxElementType.UInt8,
        TypeCode.UInt16 => OnnxElementType.UInt16,
        TypeCode.UInt32 => OnnxElementType.UInt32,
        TypeCode.UInt64 => OnnxElementType.UInt64,
        TypeCode.String => OnnxElementType.String,
        _ => type == typeof(ReadOnlyMemory<char>) ? OnnxElementType.String : OnnxElementType.Undefined,
    };
}
