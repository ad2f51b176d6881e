using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Steps of given rows.</summary>
internal static class PlanSteps
{
    /// <summary>A step of these rows, as an epoch of its own.</summary>
    public static void Step(this TrainingPlan plan, RowStore store, ReadOnlySpan<int> rows, float learningRate, bool measure = false)
    {
        plan.Steps.BeginEpoch(store, rows);
        plan.Steps.Take(Request(store, rows) with { LearningRate = learningRate, Measure = measure });
    }

    /// <summary>The gradients of a step of these rows, as an epoch of its own.</summary>
    public static void Accumulate(this TrainingPlan plan, RowStore store, ReadOnlySpan<int> rows, bool measure = false)
    {
        plan.Steps.BeginEpoch(store, rows);
        plan.Steps.Take(Request(store, rows) with { Measure = measure }, SegmentWork.Gradients);
    }

    /// <summary>What ends the step whose gradients were accumulated.</summary>
    public static void Commit(this TrainingPlan plan, float learningRate)
        => plan.Steps.Take(new StepRequest(plan.State.Rows) { LearningRate = learningRate }, SegmentWork.Commit);

    private static StepRequest Request(RowStore store, ReadOnlySpan<int> rows)
        => new(rows.Length) { Positions = store.HasStepTargets ? (int)store.PositionsOf(rows) : rows.Length };
}
