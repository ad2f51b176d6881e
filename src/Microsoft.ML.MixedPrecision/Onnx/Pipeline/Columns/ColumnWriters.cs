using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Text;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Which transforms of ML.NET are written, and by what. They are written here, and not by ML.NET's own export, since that one differs from
/// what
/// the transforms compute: it rounds doubles to Single, gives a missing key's value a made-up text, leaves out doubles in
/// ReplaceMissingValues
/// and text in Concatenate, hashes NaN and −0 as numbers, and gives one-hot vectors a dimension too many.
/// </summary>
internal static class ColumnWriters
{
    private static readonly Dictionary<Type, ColumnWriter> Known = new()
    {
        [typeof(NormalizingTransformer)] = new(NormalizerWriter.Write, "NormalizeMinMax, NormalizeMeanVariance, NormalizeRobustScaling"),
        [typeof(LpNormNormalizingTransformer)] = new(LpNormWriter.Write, "NormalizeLpNorm, NormalizeGlobalContrast"),
        [typeof(MissingValueReplacingTransformer)] = new(MissingValueWriter.WriteReplacement, "ReplaceMissingValues"),
        [typeof(MissingValueIndicatorTransformer)] = new(MissingValueWriter.WriteIndicator, "IndicateMissingValues"),
        [typeof(ValueToKeyMappingTransformer)] = new(ValueToKeyWriter.Write, "MapValueToKey")
        {
            TakesAnyLength = true,
            GivesAnyLength = true,
        },
        [typeof(ValueMappingTransformer)] = new(ValueMapWriter.Write, "MapValue"),
        [typeof(KeyToValueMappingTransformer)] = new(KeyToValueWriter.Write, "MapKeyToValue"),
        [typeof(KeyToVectorMappingTransformer)] = new(KeyToVectorWriter.Write, "MapKeyToVector, OneHotEncoding") { TakesAnyLength = true },
        [typeof(KeyToBinaryVectorMappingTransformer)] = new(KeyToBinaryWriter.Write, "MapKeyToBinaryVector"),
        [typeof(HashingTransformer)] = new(HashWriter.Write, "Hash, OneHotHashEncoding"),
        [typeof(SlotsDroppingTransformer)] = new(SlotDroppingWriter.Write, "SelectFeaturesBasedOnCount, "
            + "SelectFeaturesBasedOnMutualInformation"),
        [typeof(TypeConvertingTransformer)] = new(ConversionWriter.Write, "ConvertType between numbers"),
        [typeof(ColumnConcatenatingTransformer)] = new(ConcatenationWriter.Write, "Concatenate"),
        [typeof(FeatureColumnsTransformer)] = new(FeatureColumnsWriter.Write, "feature columns of a trainer of this library"),
        [typeof(ColumnCopyingTransformer)] = new(column => column.InputValue, "CopyColumns")
        {
            TakesAnyLength = true,
            GivesAnyLength = true,
        },
        [typeof(TextNormalizingTransformer)] = new(TextWriters.WriteNormalized, "FeaturizeText with CaseMode None"),
        [typeof(WordTokenizingTransformer)] = new(TextWriters.WriteWords, "TokenizeIntoWords") { GivesAnyLength = true },
        [typeof(NgramExtractingTransformer)] = new(NgramWriter.Write, "ProduceNgrams, ProduceWordBags") { TakesAnyLength = true },
    };

    /// <summary>All that is exported, for messages.</summary>
    public static string Exported { get; } = string.Join(", ", Known.Values.Select(known => known.Names))
        + ", SelectColumns, DropColumns and trained models that ML.NET or this library exports";

    /// <summary>What writes a column that a transform makes; null if nothing does.</summary>
    public static ColumnWriter? Find(ITransformer transformer) => Known.GetValueOrDefault(transformer.GetType());
}

/// <summary>What writes the columns that one kind of transform makes.</summary>
/// <param name="Write">Writes a column.</param>
/// <param name="Names">The transforms as their users know them.</param>
internal sealed record ColumnWriter(Func<PipelineColumn, OnnxValue> Write, string Names)
{
    /// <summary>Whether it reads vectors whose length differs from row to row: their ends are filled up with what counts as
    /// missing.</summary>
    public bool TakesAnyLength { get; init; }

    /// <summary>Whether it may make such vectors.</summary>
    public bool GivesAnyLength { get; init; }
}
