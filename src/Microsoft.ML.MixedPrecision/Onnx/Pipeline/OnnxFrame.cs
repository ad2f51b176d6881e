using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>The frame of an exported file: who made it, in what, and its keys of metadata.</summary>
internal static class OnnxFrame
{
    /// <summary>Key of the format that was asked for.</summary>
    public const string FormatKey = "mixedprecision.format";

    /// <summary>Key of the export's report, JSON.</summary>
    public const string ReportKey = "mixedprecision.report";

    /// <summary>Key of a network's precision policy in training.</summary>
    public const string PolicyKey = "mixedprecision.policy";

    /// <summary>Key of what a network does to its features; absent where that is nothing.</summary>
    public const string FeatureScalingKey = "mixedprecision.feature_scaling";

    /// <summary>Key of what a network does with missing features; absent where there must be none.</summary>
    public const string MissingValuesKey = "mixedprecision.missing_values";

    /// <summary>Key of how a network's loss was scaled, JSON.</summary>
    public const string LossScaleKey = "mixedprecision.loss_scale";

    /// <summary>Key of the value ranges that a network met in training, JSON.</summary>
    public const string RangesKey = "mixedprecision.ranges";

    /// <summary>Makes a model of what a context holds.</summary>
    /// <param name="context">Holds the graph.</param>
    /// <param name="format">What was asked for.</param>
    public static ModelProto Put(PipelineOnnxContext context, NumericFormat format)
    {
        var metadata = new SortedDictionary<string, string>(context.Metadata, StringComparer.Ordinal) { [FormatKey] = format.ToString() };
        return OnnxModelFile.Create(context.Graph, "An ML.NET pipeline. Inputs are named as the columns of the data, outputs as the "
            + "columns it makes with '.output' behind.", metadata);
    }
}
