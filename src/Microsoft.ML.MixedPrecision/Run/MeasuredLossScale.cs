using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>
/// Chooses a loss scale from the data: the largest power of two that keeps the largest gradient of a probe, of those that training
/// stores in 16 bits, under 65504 / 8. Probed are the first micro-batch; the rows with the largest weights, or in regression with the
/// largest weight · (1 + |label|), as many as it has; and, since a gradient is divided by the labelled positions of its step, both again
/// for an epoch's last step where that one is shorter. They run in Float32, where nothing over- or underflows, and commit nothing; always
/// on the CPU, which has the rows, widens them, and leaves a card's memory to the plan that trains.
/// </summary>
internal static class MeasuredLossScale
{
    /// <summary>The rule of the options' loss scaling, measured if it asks for that.</summary>
    public static LossScaleRule Resolve(Network network, TrainingOptions options, RowStore store, RowOrder order)
    {
        bool usesFloat16 = network.Formats(options.Precision).Any(planned => planned.Format == NumericFormat.Float16);
        LossScaleRule rule = options.LossScaling.Resolve(options.Precision, usesFloat16);
        return rule.Kind == LossScaleKind.Measured
            ? LossScaleRule.Measured(LargestGradient(network, options, store, order))
            : rule;
    }

    private static float LargestGradient(Network network, TrainingOptions options, RowStore store, RowOrder order)
    {
        int[] rows = new int[order.TrainRows];
        order.Fill(1, rows);
        int batch = Math.Min(options.BatchSize, rows.Length);
        int step = Math.Min(options.StepRows, rows.Length);
        var settings = new PlanSettings(
            PrecisionPolicy.Float32,
            LossScaleRule.Static(1),
            options.OptimizerSettings,
            batch,
            MeasuresRanges: true)
        { Loss = options.Loss, Seed = options.Seed };
        using var plan = new TrainingPlan(network, settings.For(store), store.Device);
        int positions = Positions(store, rows.AsSpan(0, step));
        Probe(plan, store, rows.AsSpan(0, batch), positions);
        int rest = rows.Length % step;
        if (rest > 0)
        {
            Probe(plan, store, rows.AsSpan(rows.Length - rest, Math.Min(batch, rest)), Positions(store, rows.AsSpan(rows.Length - rest)));
        }

        int[] heaviest = Heaviest(store, options.Loss.TargetKind, rows, batch);
        if (heaviest.Length > 0)
        {
            Probe(plan, store, heaviest, positions);
            Probe(
                plan,
                store,
                heaviest.AsSpan(0, rest > 0 ? Math.Min(heaviest.Length, rest) : 0),
                Positions(store, rows.AsSpan(rows.Length - rest)));
        }

        plan.Steps.Synchronize();

        return plan.Ranges.Where(range => range.Name.EndsWith(".gradient", StringComparison.Ordinal)).Max(range => range.Largest);
    }

    private static int Positions(RowStore store, ReadOnlySpan<int> stepRows) => checked((int)store.PositionsOf(stepRows));

    /// <summary>Forward and backward of one micro-batch of a step of so many labelled positions; nothing for no rows.</summary>
    private static void Probe(TrainingPlan plan, RowStore store, ReadOnlySpan<int> rows, int positions)
    {
        if (rows.Length > 0)
        {
            plan.Steps.BeginEpoch(store, rows);
            plan.Steps.Take(new StepRequest(rows.Length) { Positions = positions, Measure = true }, SegmentWork.Gradients);
        }
    }

    /// <summary>The rows whose gradients can be expected to be the largest, the largest first; none where all count alike.</summary>
    private static int[] Heaviest(RowStore store, TargetKind kind, ReadOnlySpan<int> rows, int count)
    {
        bool hasNumbers = kind != TargetKind.Class;
        if (!store.HasWeights && !hasNumbers)
        {
            return [];
        }

        var heaviest = new PriorityQueue<int, double>();
        foreach (int row in rows)
        {
            double weight = store.Weight(row) * (
                hasNumbers ? 1.0 + Math.Abs(TensorPrimitives.MaxMagnitude(MemoryMarshal.Cast<int, float>(store.Targets(row)))) : 1.0);
            if (heaviest.Count < count)
            {
                heaviest.Enqueue(row, weight);
            }
            else
            {
                heaviest.EnqueueDequeue(row, weight);
            }
        }

        int[] ordered = new int[heaviest.Count];
        for (int i = ordered.Length - 1; i >= 0; i--)
        {
            ordered[i] = heaviest.Dequeue();
        }

        return ordered;
    }
}
