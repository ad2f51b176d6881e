using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>
/// Chooses a static loss scale from the data: the largest power of two that keeps the largest stored gradient of a first step under
/// 65504 / 8. The step runs in Float32, where nothing over- or underflows, and commits nothing.
/// </summary>
internal static class MeasuredLossScale
{
    /// <summary>The rule of the options' loss scaling, measured if it asks for that.</summary>
    public static LossScaleRule Resolve(Network network, TrainingOptions options, CpuDevice device, ExampleStore store, RowOrder order)
    {
        LossScaleRule rule = options.LossScaling.Resolve(options.Precision);
        return rule.Kind == LossScaleKind.Measured
            ? LossScaleRule.Measured(LargestGradient(network, options, device, store, order))
            : rule;
    }

    private static float LargestGradient(Network network, TrainingOptions options, CpuDevice device, ExampleStore store, RowOrder order)
    {
        int[] rows = new int[order.TrainRows];
        order.Fill(1, rows);
        rows = rows[..Math.Min(options.BatchSize, rows.Length)];
        var settings = new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.Static(1), options.OptimizerSettings, rows.Length, MeasuresRanges: true);
        using var plan = new TrainingPlan(network, settings, device);
        plan.Accumulate(store, rows, rows.Length, first: true, measure: true);
        return plan.Ranges.Where(range => range.Name.EndsWith(".gradient", StringComparison.Ordinal)).Max(range => range.Largest);
    }
}
