using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends attentions.</summary>
internal static class AttentionPlan
{
    /// <summary>Appends y = softmax(Q·Kᵀ/√D)·V of each head.</summary>
    /// <param name="plan">Where to; where x is a sequence, it knows the examples' ends.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">Q, K and V beside each other: (R, 3·H·D).</param>
    /// <param name="heads">H.</param>
    /// <param name="isCausal">Whether a step sees itself and earlier ones alone.</param>
    /// <param name="dropout">Share of the softmax that is dropped in training.</param>
    /// <exception cref="ArgumentException">The columns are not those of three matrices of so many heads.</exception>
    /// <exception cref="NotSupportedException">There are more than 65536 such dropouts.</exception>
    public static Value Attention(this PlanBuilder plan, string name, Value x, int heads, bool isCausal = false, float dropout = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        if (x.Columns % (3 * heads) != 0)
        {
            throw new ArgumentException(
                $"Layer '{name}' has {heads} heads and gets {x.Columns} columns; it takes three times a multiple of {heads}, for queries, "
                    + "keys and values.",
                nameof(x));
        }

        FormatDecision decision = plan.Decide(OperationKind.MatrixProduct, name);
        NumericFormat storage = decision.Format.Storage();
        Value qkv = plan.Cast(name, x, storage);
        var output = new Value(plan.NameOf(name), x.Shape.WithColumns(x.Columns / 3), storage, storage);
        Value? statistics = plan.Training
            ? new Value(name + ".statistics", x.Shape.WithColumns(heads), NumericFormat.Float32, NumericFormat.Float32)
            : null;
        AttentionDropout drops = plan.Training && dropout > 0
            ? new AttentionDropout(plan.Seed, NextNumber(plan, name), dropout) { Course = plan.Regularization }
            : default;
        plan.Add(new AttentionOp(name, plan.WithEnds(qkv), output, statistics, (heads, isCausal, drops), decision));
        return output;
    }

    private static int NextNumber(PlanBuilder plan, string name)
    {
        int number = plan.Ops.OfType<AttentionOp>().Count(op => op.Dropout.Rate > 0);
        return number < DropoutChoice.MostLayers
            ? number
            : throw new NotSupportedException(
                $"'{name}' is one dropout more than the {DropoutChoice.MostLayers} that have random numbers of their own; use "
                    + "fewer layers.");
    }
}
