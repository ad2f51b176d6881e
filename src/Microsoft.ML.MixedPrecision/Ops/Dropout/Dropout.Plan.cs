using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends dropouts.</summary>
internal static class DropoutPlan
{
    /// <summary>Appends y = x ⊙ mask/(1 − rate), the mask random; y is x where the rate is 0 or nothing trains.</summary>
    /// <exception cref="NotSupportedException">There are more than 65536 dropouts.</exception>
    public static Value Dropout(this PlanBuilder plan, string name, Value x, float rate)
    {
        if (!plan.Training || rate == 0)
        {
            return x;
        }

        int number = NextNumber(plan);
        if (number == DropoutChoice.MostLayers)
        {
            throw new NotSupportedException(
                $"'{name}' is one dropout more than the {DropoutChoice.MostLayers} that have random numbers of their own; "
                + "use fewer layers.");
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        var choice = new DropoutChoice(plan.Seed, number, rate, x.Shape.Rows) { Course = plan.Regularization };
        plan.Add(new DropoutOp(name, x, output, choice, decision));
        return output;
    }

    private static int NextNumber(PlanBuilder plan)
    {
        for (int i = plan.Ops.Count - 1; i >= 0; i--)
        {
            if (plan.Ops[i] is DropoutOp before)
            {
                return before.Number + 1;
            }
        }

        return 0;
    }
}
