using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>How elements of a model are columns of ML.NET, and values of ONNX Runtime.</summary>
internal static class ElementTypes
{
    /// <summary>The type of a column's items; FP16 is given and taken as Single. Null for what no column holds.</summary>
    public static PrimitiveDataViewType? ColumnType(OnnxElementType type) => type switch
    {
        OnnxElementType.Float or OnnxElementType.Float16 => NumberDataViewType.Single,
        OnnxElementType.Double => NumberDataViewType.Double,
        OnnxElementType.Int8 => NumberDataViewType.SByte,
        OnnxElementType.Int16 => NumberDataViewType.Int16,
        OnnxElementType.Int32 => NumberDataViewType.Int32,
        OnnxElementType.Int64 => NumberDataViewType.Int64,
        OnnxElementType.UInt8 => NumberDataViewType.Byte,
        OnnxElementType.UInt16 => NumberDataViewType.UInt16,
        OnnxElementType.UInt32 => NumberDataViewType.UInt32,
        OnnxElementType.UInt64 => NumberDataViewType.UInt64,
        OnnxElementType.Bool => BooleanDataViewType.Instance,
        OnnxElementType.String => TextDataViewType.Instance,
        _ => null,
    };

    /// <summary>The same in ONNX Runtime, whose numbers are those of the format.</summary>
    public static TensorElementType ToRuntime(OnnxElementType type) => (TensorElementType)(int)type;
}
