using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Scores rows with a model and with files exported from it, and measures how far apart they are.</summary>
internal static class OnnxVerifier
{
    /// <summary>What is said of data without rows.</summary>
    public const string NoRows = "the data has no rows";

    /// <summary>Compares on all rows of the data that a plan was made with.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="file">The exported file.</param>
    /// <param name="writing">How it was written.</param>
    /// <param name="modelToFloat32">Differences between the model and its export in FP32; null if that is the file, or if there are no
    /// rows.</param>
    /// <param name="reason">Why the result is null.</param>
    /// <returns>The differences; null if there are no rows.</returns>
    public static OnnxVerification? Verify(
        PipelinePlan plan,
        byte[] file,
        OnnxWriting writing,
        out OnnxComparison? modelToFloat32,
        out string? reason)
    {
        using var exported = OnnxRuntimeSession.Open(file);
        using var float32 = writing.Arithmetic == OnnxArithmetic.Float32
            ? null
            : Reopen(plan, writing with { Arithmetic = OnnxArithmetic.Float32, Float16Edges = false });
        using var rounded = writing.Arithmetic == OnnxArithmetic.Float16
            ? Reopen(plan, writing with { Arithmetic = OnnxArithmetic.RoundedToFloat16 })
            : null;
        OutputDifferences ofFile = new(), ofFormat = new(), ofFloat32 = new(), ofRounding = new();
        long rows = plan.ForEachBatch((reader, count) =>
        {
            using var model = reader.Outputs(count);
            using var results = reader.Run(exported, exported.OutputNames, count);
            ofFile.Add(plan.Outputs, model, results, count);
            if (float32 is null)
            {
                return;
            }

            using var exact = reader.Run(float32, float32.OutputNames, count);
            ofFormat.Add(plan.Outputs, exact, results, count);
            ofFloat32.Add(plan.Outputs, model, exact, count);
            if (rounded is null)
            {
                return;
            }

            using var spelledOut = reader.Run(rounded, rounded.OutputNames, count);
            ofRounding.Add(plan.Outputs, exact, spelledOut, count);
        });
        reason = rows == 0 ? NoRows : null;
        modelToFloat32 = rows == 0 || float32 is null ? null : ofFloat32.Result();
        return rows == 0
            ? null
            : new OnnxVerification(
                rows,
                ofFile.Result(),
                float32 is null ? null : ofFormat.Result(),
                rounded is null ? null : ofRounding.Result());
    }

    /// <summary>How far two files are apart on all rows of a plan's data.</summary>
    public static OnnxComparison Compare(PipelinePlan plan, InferenceSession expected, InferenceSession actual)
    {
        var differences = new OutputDifferences();
        plan.ForEachBatch((reader, count) =>
        {
            using var first = reader.Run(expected, expected.OutputNames, count);
            using var second = reader.Run(actual, actual.OutputNames, count);
            differences.Add(plan.Outputs, first, second, count);
        });
        return differences.Result();
    }

    private static InferenceSession Reopen(PipelinePlan plan, OnnxWriting writing)
        => OnnxRuntimeSession.Open(OnnxFrame.Put(plan.Write(writing), NumericFormat.Float32).ToByteArray());
}
