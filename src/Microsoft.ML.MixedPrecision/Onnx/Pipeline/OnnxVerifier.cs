using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Scores rows with a model and with files exported from it, and measures how far apart they are.</summary>
internal static class OnnxVerifier
{
    private const int BatchRows = 1024;

    /// <summary>Compares on all rows of the data that a plan was made with.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="file">The exported file.</param>
    /// <param name="format">Its format.</param>
    /// <param name="reason">Why the result is null.</param>
    /// <returns>The differences; null if ONNX Runtime cannot be had, or there are no rows.</returns>
    public static OnnxVerification? Verify(PipelinePlan plan, byte[] file, NumericFormat format, out string? reason)
    {
        using var exported = OnnxRuntimeSession.TryOpen(file, out reason);
        if (exported is null)
            return null;
        if (format == NumericFormat.Float32)
            return Measure(plan, [exported], out reason) is { } measured ? new OnnxVerification(measured.Rows, measured.Comparisons[0], null, null) : null;

        using var float32 = Reopen(plan, OnnxArithmetic.Float32);
        using var rounded = Reopen(plan, OnnxArithmetic.RoundedToFloat16);
        return Measure(plan, [exported, float32, rounded], out reason) is { } all
            ? new OnnxVerification(all.Rows, all.Comparisons[0], all.Comparisons[1], all.Comparisons[2])
            : null;
    }

    private static InferenceSession Reopen(PipelinePlan plan, OnnxArithmetic arithmetic)
        => OnnxRuntimeSession.TryOpen(OnnxExporter.Frame(plan.Write(arithmetic), NumericFormat.Float32).ToByteArray(), out string? reason)
            ?? throw new InvalidOperationException(reason);

    /// <summary>
    /// Compares the model with the first session; with three, also the second (Float32) with the first, and with the third.
    /// </summary>
    private static (long Rows, OnnxComparison[] Comparisons)? Measure(PipelinePlan plan, InferenceSession[] sessions, out string? reason)
    {
        var differences = Array.ConvertAll(sessions, _ => new OutputDifferences());
        long rows = 0;
        using var reader = new PipelineReader(plan, BatchRows);
        for (int count = reader.Read(); count > 0; count = reader.Read())
        {
            rows += count;
            using var model = reader.Outputs(count);
            var results = Array.ConvertAll(sessions, session => Run(session, reader, count));
            differences[0].Add(plan.Outputs, model, results[0], count);
            for (int i = 1; i < results.Length; i++)
                differences[i].Add(plan.Outputs, results[1], results[i == 1 ? 0 : i], count);
            foreach (var result in results)
                result.Dispose();
        }

        reason = rows == 0 ? "the data has no rows" : null;
        return rows == 0 ? null : (rows, Array.ConvertAll(differences, difference => difference.Result()));
    }

    private static IDisposableReadOnlyCollection<OrtValue> Run(InferenceSession session, PipelineReader reader, int rows)
    {
        using var run = new RunOptions();
        using var inputs = reader.Inputs(session.InputNames, rows);
        return session.Run(run, session.InputNames, inputs, session.OutputNames);
    }
}
