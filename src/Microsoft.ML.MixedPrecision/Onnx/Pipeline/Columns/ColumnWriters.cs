using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Which transforms of ML.NET are written, and by what. They are written here, and not by ML.NET's own export, since that one differs from what
/// the transforms compute: it rounds doubles to Single, gives a missing key's value a made-up text, leaves out doubles in ReplaceMissingValues
/// and text in Concatenate, hashes NaN and −0 as numbers, and gives one-hot vectors a dimension too many.
/// </summary>
internal static class ColumnWriters
{
    private static readonly Dictionary<Type, (Func<PipelineColumn, OnnxValue> Write, string Names)> Known = new()
    {
        [typeof(NormalizingTransformer)] = (NormalizerWriter.Write, "NormalizeMinMax, NormalizeMeanVariance, NormalizeRobustScaling"),
        [typeof(MissingValueReplacingTransformer)] = (MissingValueWriter.WriteReplacement, "ReplaceMissingValues"),
        [typeof(MissingValueIndicatorTransformer)] = (MissingValueWriter.WriteIndicator, "IndicateMissingValues"),
        [typeof(ValueToKeyMappingTransformer)] = (ValueToKeyWriter.Write, "MapValueToKey"),
        [typeof(KeyToValueMappingTransformer)] = (KeyToValueWriter.Write, "MapKeyToValue"),
        [typeof(KeyToVectorMappingTransformer)] = (KeyToVectorWriter.Write, "MapKeyToVector, OneHotEncoding"),
        [typeof(HashingTransformer)] = (HashWriter.Write, "Hash and OneHotHashEncoding of scalars"),
        [typeof(TypeConvertingTransformer)] = (ConversionWriter.Write, "ConvertType between numbers"),
        [typeof(ColumnConcatenatingTransformer)] = (ConcatenationWriter.Write, "Concatenate"),
        [typeof(ColumnCopyingTransformer)] = (column => column.InputValue, "CopyColumns"),
    };

    /// <summary>All that is exported, for messages.</summary>
    public static string Exported { get; } = string.Join(", ", Known.Values.Select(known => known.Names)) + ", SelectColumns, DropColumns and trained models that ML.NET or this library exports";

    /// <summary>What writes a column that a transform makes; null if nothing does.</summary>
    public static Func<PipelineColumn, OnnxValue>? Find(ITransformer transformer)
        => Known.TryGetValue(transformer.GetType(), out var known) ? known.Write : null;
}
