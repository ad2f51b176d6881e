using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>What an export takes over from a model's training.</summary>
internal static class OnnxSummary
{
    /// <summary>Hands ranges to the writer, and the summary to the file's metadata.</summary>
    public static void Write(OnnxNetworkWriter writer, TrainingSummary summary)
    {
        writer.Metadata[OnnxFrame.PolicyKey] = summary.Policy;
        writer.Metadata[OnnxFrame.LossScaleKey] = TrainingSummaryJson.Write(summary.LossScale);
        writer.Metadata[OnnxFrame.RangesKey] = TrainingSummaryJson.Write(summary.Ranges);
        foreach (ValueRange range in summary.Ranges)
        {
            writer.Ranges[range.Name] = range;
        }
    }
}
