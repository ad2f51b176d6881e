using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>One row, at least, for every operation. A test fails for an operation without one.</summary>
internal static class OperationTable
{
    /// <summary>The rows.</summary>
    public static IEnumerable<OperationRow> Rows
    {
        get
        {
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
            {
                yield return Linear(kind, inputs: 13, outputs: 9);
                yield return TwoLinears(kind);
            }

            yield return Linear(ActivationKind.None, 1, 1);
            yield return Linear(ActivationKind.Relu, 32, 33);

            // Few outputs of whole vectors: a kernel of its own on a card (NarrowProduct), with one vector a lane and with two.
            yield return Linear(ActivationKind.None, 16, 10);
            yield return Linear(ActivationKind.None, 264, 2);
            yield return new OperationRow("linear without bias", typeof(LinearOp), 5, [(4, 5)], (plan, x, p) => plan.Linear("op", x, p[0], null), (x, p) => Product(x, p[0], new double[4]));
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>().Where(kind => kind != ActivationKind.None))
            {
                yield return new OperationRow($"activation {kind}", typeof(ActivationOp), 11, [], (plan, x, _) => plan.Activation("op", x, kind), (x, _) => Activate(kind, x));
            }

            yield return new OperationRow("activation behind an activation", typeof(ActivationOp), 6, [(7, 6), (1, 7)], StackedActivations, (x, p) => Activate(ActivationKind.Silu, Activate(ActivationKind.Tanh, Product(x, p[0], p[1]))));
            yield return new OperationRow("layer norm", typeof(LayerNormOp), 11, [(1, 11), (1, 11)], (plan, x, p) => plan.LayerNorm("op", x, p[0], p[1]), (x, p) => ReferenceMath.LayerNorm(x, p[0], p[1]));
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
            {
                yield return LinearNormLinear(kind);
            }

            yield return new OperationRow("casts between two linears", typeof(CastOp), 6, [(12, 6), (1, 12), (5, 12), (1, 5)], LinearCastLinear, (x, p) => Product(Product(x, p[0], p[1]), p[2], p[3]));
        }
    }

    private static OperationRow Linear(ActivationKind kind, int inputs, int outputs) => new(
        $"linear {inputs}×{outputs} {kind}",
        typeof(LinearOp),
        inputs,
        [(outputs, inputs), (1, outputs)],
        (plan, x, p) => Activation(plan, plan.Linear("op", x, p[0], p[1]), kind),
        (x, p) => Activate(kind, Product(x, p[0], p[1])));

    /// <summary>The second operation multiplies its input gradient by the derivative of the first one's activation.</summary>
    private static OperationRow TwoLinears(ActivationKind kind) => new(
        $"linear {kind} linear",
        typeof(LinearOp),
        6,
        [(12, 6), (1, 12), (5, 12), (1, 5)],
        (plan, x, p) => plan.Linear("op2", Activation(plan, plan.Linear("op", x, p[0], p[1]), kind), p[2], p[3]),
        (x, p) => Product(Activate(kind, Product(x, p[0], p[1])), p[2], p[3]));

    /// <summary>The gradients of the first product show the normalisation's input gradient.</summary>
    private static OperationRow LinearNormLinear(ActivationKind kind) => new(
        $"linear layer norm {kind} linear",
        typeof(LayerNormOp),
        6,
        [(17, 6), (1, 17), (1, 17), (1, 17), (5, 17), (1, 5)],
        (plan, x, p) => plan.Linear("op2", Activation(plan, plan.LayerNorm("norm", plan.Linear("op", x, p[0], p[1]), p[2], p[3]), kind), p[4], p[5]),
        (x, p) => Product(Activate(kind, ReferenceMath.LayerNorm(Product(x, p[0], p[1]), p[2], p[3])), p[4], p[5]));

    /// <summary>Up to Float32 and, for the second product, down again; under a Float32 policy there is nothing to cast.</summary>
    private static Value LinearCastLinear(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Linear("op2", plan.Cast("up", plan.Linear("op", x, p[0], p[1]), NumericFormat.Float32), p[2], p[3]);

    private static Value StackedActivations(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Activation("op2", plan.Activation("op1", plan.Linear("op", x, p[0], p[1]), ActivationKind.Tanh), ActivationKind.Silu);

    private static Value Activation(PlanBuilder plan, Value x, ActivationKind kind) => kind == ActivationKind.None ? x : plan.Activation("act", x, kind);

    private static double[] Activate(ActivationKind kind, double[] x) => [.. x.Select(value => ReferenceMath.Activation(kind, value))];

    /// <summary>x·Wᵀ + b with W (outputs, inputs) row by row.</summary>
    private static double[] Product(double[] x, double[] weight, double[] bias)
        => [.. bias.Select((b, i) => b + x.Select((value, j) => value * weight[(i * x.Length) + j]).Sum())];
}
