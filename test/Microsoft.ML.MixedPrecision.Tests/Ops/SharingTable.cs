using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationRow;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationTable;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Rows of the operation table in which operations share what they read: a value, or parameters.</summary>
internal static class SharingTable
{
    /// <summary>Shapes of two parameters of a square product and of two vectors.</summary>
    private static readonly (int Rows, int Columns)[] SquareAndNorm = [(6, 6), (1, 6), (1, 6), (1, 6)];

    /// <summary>The rows.</summary>
    public static IEnumerable<OperationRow> Rows =>
    [
        Towers(2, ActivationKind.None),
        Towers(2, ActivationKind.Gelu),
        Towers(3, ActivationKind.Relu),
        Towers(3, ActivationKind.Silu),
        Towers(5, ActivationKind.GeluErf),
        new OperationRow("value in two sums", typeof(ForkOp), 6, [(6, 6), (1, 6), (6, 6), (1, 6)], TwoSums, Each((x, p) => SumsOf(x, p))),
        new OperationRow("pre-activation read beside its activation", typeof(ForkOp), 6, [(7, 6), (1, 7)], PreActivation, Each((x, p) =>
        {
            double[] z = Product(x, p[0], p[1]);
            return Sum(Activate(ActivationKind.Relu, z), z);
        })),
        new OperationRow("value and itself", typeof(ForkOp), 6, [(7, 6), (1, 7)], Doubled, Each((x, p) =>
        {
            double[] z = Product(x, p[0], p[1]);
            return Sum(z, z);
        })),
        new OperationRow("linear thrice, the same", typeof(LinearOp), 6, [(6, 6), (1, 6)], Thrice, Each((x, p)
            => Product(Product(Product(x, p[0], p[1]), p[0], p[1]), p[0], p[1]))),
        Tied(ActivationKind.Relu),
        Tied(ActivationKind.Silu),
        Crossed(ActivationKind.Relu),
        Crossed(ActivationKind.Gelu),
        new OperationRow("embedding whose table is the weight of a product", typeof(EmbeddingOp), 2, [(5, 6), (1, 5)], (plan, x, p)
            => plan.Linear("op2", plan.Embedding("op", x, p[0]), p[0], p[1]), (x, p)
            => Products(OperationTable.Looked(x, p[0], 6), p[0], p[1]), Ids: 5),
        new OperationRow("layer norm twice, the same", typeof(LayerNormOp), 6, SquareAndNorm, LayerNormTwice, Each((x, p)
            => ReferenceMath.LayerNorm(Product(ReferenceMath.LayerNorm(x, p[2], p[3]), p[0], p[1]), p[2], p[3]))),
        new OperationRow("batch norm twice, the same", typeof(BatchNormOp), 6, SquareAndNorm, BatchNormTwice, (x, p)
            => ReferenceMath.BatchNorm(Products(ReferenceMath.BatchNorm(x, p[2], p[3]), p[0], p[1]), p[2], p[3])),
    ];

    /// <summary>One value, read by several products with activations, whose results are added up.</summary>
    private static OperationRow Towers(int count, ActivationKind kind) => new(
        $"value read by {count} towers {kind}",
        typeof(ForkOp),
        6,
        [(5, 6), (1, 5), .. Enumerable.Range(0, count).SelectMany(_ => new[] { (4, 5), (1, 4) })],
        (plan, x, p) =>
        {
            Value start = Act(plan, "start", plan.Linear("start", x, p[0], p[1]), kind);
            Value[] towers = [.. Enumerable.Range(1, count)
                .Select(i => Act(plan, $"tower{i}", plan.Linear($"tower{i}", start, p[2 * i], p[(2 * i) + 1]), kind))];
            return towers.Aggregate((sum, tower) => plan.Residual("sum " + tower.Name, sum, (_, _) => tower));
        },
        Each((x, p) =>
        {
            double[] start = Activate(kind, Product(x, p[0], p[1]));
            return Enumerable.Range(1, count).Select(i => Activate(kind, Product(start, p[2 * i], p[(2 * i) + 1]))).Aggregate(Sum);
        }));

    /// <summary>
    /// Product, then its activation, then the same product again: what stands between them is the first one's input and output.
    /// </summary>
    private static OperationRow Tied(ActivationKind kind) => new(
        $"linear {kind} linear, the same",
        typeof(LinearOp),
        6,
        [(6, 6), (1, 6)],
        (plan, x, p) => plan.Linear("again", Act(plan, "act", plan.Linear("op", x, p[0], p[1]), kind), p[0], p[1]),
        Each((x, p) => Product(Activate(kind, Product(x, p[0], p[1])), p[0], p[1])));

    /// <summary>
    /// Two towers of the same two products, of which the one that begins last ends first, so that what is added to a gradient comes in
    /// another order than it began.
    /// </summary>
    private static OperationRow Crossed(ActivationKind kind) => new(
        $"two towers of the same products {kind}",
        typeof(LinearOp),
        6,
        [(9, 6), (1, 9), (5, 9), (1, 5), (6, 6), (1, 6)],
        (plan, x, p) =>
        {
            Value other = plan.Linear("other", x, p[4], p[5]);
            Value first = Act(plan, "act1", plan.Linear("first1", x, p[0], p[1]), kind);
            Value second = Act(plan, "act2", plan.Linear("first2", other, p[0], p[1]), kind);
            Value lastOfSecond = plan.Linear("last2", second, p[2], p[3]), lastOfFirst = plan.Linear("last1", first, p[2], p[3]);
            return plan.Residual("sum", lastOfFirst, (_, _) => lastOfSecond);
        },
        Each((x, p) => Sum(Tower(kind, x, p), Tower(kind, Product(x, p[4], p[5]), p))));

    private static double[] Tower(ActivationKind kind, double[] x, double[][] p)
        => Product(Activate(kind, Product(x, p[0], p[1])), p[2], p[3]);

    private static Value Act(PlanBuilder plan, string name, Value x, ActivationKind kind)
        => kind == ActivationKind.None ? x : plan.Activation(name + ".act", x, kind);

    /// <summary>x is the shortcut of two sums and read by nothing else.</summary>
    private static Value TwoSums(PlanBuilder plan, Value x, Parameter[] p)
    {
        Value start = plan.Linear("op", x, p[0], p[1]), other = plan.Linear("other", x, p[2], p[3]);
        Value first = plan.Residual("sum1", start, (plan, _) => plan.Activation("act", other, ActivationKind.Tanh));
        return plan.Residual("sum2", start, (_, _) => first);
    }

    private static double[] SumsOf(double[] x, double[][] p)
    {
        double[] start = Product(x, p[0], p[1]);
        return Sum(start, Sum(start, Activate(ActivationKind.Tanh, Product(x, p[2], p[3]))));
    }

    private static Value PreActivation(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Residual("sum", plan.Linear("op", x, p[0], p[1]), (plan, z) => plan.Activation("act", z, ActivationKind.Relu));

    private static Value Doubled(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Residual("sum", plan.Linear("op", x, p[0], p[1]), (_, z) => z);

    private static Value Thrice(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Linear("op3", plan.Linear("op2", plan.Linear("op1", x, p[0], p[1]), p[0], p[1]), p[0], p[1]);

    private static Value LayerNormTwice(PlanBuilder plan, Value x, Parameter[] p)
        => plan.LayerNorm("norm2", plan.Linear("op", plan.LayerNorm("norm1", x, p[2], p[3]), p[0], p[1]), p[2], p[3]);

    private static Value BatchNormTwice(PlanBuilder plan, Value x, Parameter[] p)
    {
        BatchNormParts parts = BatchNorm(p[2], p[3]);
        return plan.BatchNorm("norm2", plan.Linear("op", plan.BatchNorm("norm1", x, parts), p[0], p[1]), parts);
    }
}
