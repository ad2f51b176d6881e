using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>
/// Chooses a static loss scale from the data: the largest power of two that keeps the largest gradient of a probe, of those that training
/// stores in 16 bits, under 65504 / 8. Probed are the first micro-batch and, since a gradient is divided by the rows of its step, that of an
/// epoch's last step where that one is shorter. They run in Float32, where nothing over- or underflows, and commit nothing; always on the CPU,
/// which has the rows, widens them, and leaves a card's memory to the plan that trains.
/// </summary>
internal static class MeasuredLossScale
{
    /// <summary>The rule of the options' loss scaling, measured if it asks for that.</summary>
    public static LossScaleRule Resolve(Network network, TrainingOptions options, ExampleStore store, RowOrder order)
    {
        bool usesFloat16 = network.Formats(options.Precision).Any(planned => planned.Format == NumericFormat.Float16);
        LossScaleRule rule = options.LossScaling.Resolve(options.Precision, usesFloat16);
        return rule.Kind == LossScaleKind.Measured
            ? LossScaleRule.Measured(LargestGradient(network, options, store, order))
            : rule;
    }

    private static float LargestGradient(Network network, TrainingOptions options, ExampleStore store, RowOrder order)
    {
        int[] rows = new int[order.TrainRows];
        order.Fill(1, rows);
        int batch = Math.Min(options.BatchSize, rows.Length);
        int step = Math.Min(options.StepRows, rows.Length);
        var settings = new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.Static(1), options.OptimizerSettings, batch, MeasuresRanges: true) { Loss = options.Loss, Seed = options.Seed, RowBytes = store.Bytes };
        using var plan = new TrainingPlan(network, settings, store.Device);
        plan.BeginEpoch(store, rows);
        plan.Accumulate(batch, step, first: true, measure: true);
        int rest = rows.Length % step;
        if (rest > 0)
        {
            plan.BeginEpoch(store, rows.AsSpan(rows.Length - rest));
            plan.Accumulate(Math.Min(batch, rest), rest, first: true, measure: true);
        }

        plan.Synchronize();

        return plan.Ranges.Where(range => range.Name.EndsWith(".gradient", StringComparison.Ordinal)).Max(range => range.Largest);
    }
}
