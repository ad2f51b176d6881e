using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends products of members, each with weights of its own.</summary>
internal static class MemberLinearPlan
{
    /// <summary>Outputs up to which members have kernels of their own (<see cref="MemberLinearOp"/>): below, a product library's tiles
    /// would be mostly empty; above, its products (<see cref="LinearOp"/>) are the faster ones.</summary>
    private const int MostNarrowOutputs = 32;

    /// <summary>Appends y[n·k + i] = x[n·k + i]·Wᵢᵀ + bᵢ.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">x: (N·k, D); k is the rows of an example.</param>
    /// <param name="weight">W: (k·C, D), one member's C rows after the other's.</param>
    /// <param name="bias">b: (k, C).</param>
    /// <param name="mostNarrow">Outputs up to which members have kernels of their own.</param>
    /// <returns>y: (N·k, C), stored as products are.</returns>
    /// <exception cref="ArgumentException">The parameters have not these shapes.</exception>
    public static Value MemberLinear(
        this PlanBuilder plan, string name, Value x, Parameter weight, Parameter bias, int mostNarrow = MostNarrowOutputs)
    {
        MemberScalePlan.Require(name, x.Shape.WithColumns(bias.Columns), bias);
        if (weight.Columns != x.Columns || weight.Rows != bias.Rows * bias.Columns)
        {
            throw new ArgumentException(
                $"Layer '{name}' gets {x.Shape.Rows} members of {x.Columns} columns and has {bias.Columns} outputs, but '{weight.Name}' is "
                    + $"({weight.Rows}, {weight.Columns}); give it ({bias.Rows * bias.Columns}, {x.Columns}).",
                nameof(x));
        }

        FormatDecision decision = plan.Decide(OperationKind.MatrixProduct, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape.WithColumns(bias.Columns), storage, storage);
        Value operand = plan.Cast(name, x, storage);
        plan.Add(bias.Columns <= mostNarrow
            ? new MemberLinearOp(name, operand, output, weight, bias, decision)
            : new LinearOp(name, operand, output, weight, bias, decision, bias.Rows));
        return output;
    }
}
