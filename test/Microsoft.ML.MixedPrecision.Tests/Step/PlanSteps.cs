using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Micro-batches of given rows.</summary>
internal static class PlanSteps
{
    /// <summary>Runs a micro-batch of these rows, as an epoch of its own.</summary>
    public static void Accumulate(
        this TrainingPlan plan,
        RowStore store,
        ReadOnlySpan<int> rows,
        int stepRows,
        bool first,
        bool measure = false)
    {
        plan.BeginEpoch(store, rows);
        plan.Accumulate(rows.Length, stepRows, first, measure);
    }
}
