using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends products.</summary>
internal static class LinearPlan
{
    /// <summary>Appends y = x·Wᵀ + b.</summary>
    /// <exception cref="ArgumentException">The weight's columns are not x's.</exception>
    public static Value Linear(this PlanBuilder plan, string name, Value x, Parameter weight, Parameter? bias)
    {
        if (weight.Columns != x.Columns)
        {
            throw new ArgumentException(
                $"Layer '{name}' takes {weight.Columns} columns but gets {x.Columns}; give the layer before it {weight.Columns} outputs.",
                nameof(x));
        }

        FormatDecision decision = plan.Decide(OperationKind.MatrixProduct, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape.WithColumns(weight.Rows), storage, storage);
        plan.Add(new LinearOp(name, plan.Cast(name, x, storage), output, weight, bias, decision));
        return output;
    }
}
