using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationRow;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationTable;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Rows of the operation table in which rows of an example are members of an ensemble.</summary>
internal static class MemberTable
{
    /// <summary>The rows.</summary>
    public static IEnumerable<OperationRow> Rows =>
    [
        .. Enum.GetValues<MemberMeanKind>().SelectMany(kind => new[]
        {
            // Rows of one value, of columns that are whole vectors and more; several values of a row each; and of several.
            MeanOfRows(kind, perExample: 3, columns: 21),
            MeanOfRows(kind, perExample: 1, columns: 1),
            MeanOfProducts(kind, count: 4, columns: 5),
            MeanOfBoth(kind),
        }),

        // Columns that are whole vectors and more than one thread's; fewer than one vector; the input's gradient, which the product shows.
        Spread(members: 3, columns: 21),
        Spread(members: 2, columns: 1),
        new OperationRow(
            "members of a product",
            typeof(MemberSpreadOp),
            6,
            [(13, 6), (1, 13), (4, 13)],
            (plan, x, p) => plan.MemberSpread("op", plan.Linear("product", x, p[0], p[1]), 4, p[2]),
            (x, p) => Members(Products(x, p[0], p[1]), p[2])),
        new OperationRow(
            "members of a product without factors",
            typeof(MemberSpreadOp),
            6,
            [(13, 6), (1, 13)],
            (plan, x, p) => plan.MemberSpread("op", plan.Linear("product", x, p[0], p[1]), 3, null),
            (x, p) => [.. Products(x, p[0], p[1]).SelectMany(row => new[] { row, row, row })]),
        new OperationRow(
            "scale of members without bias",
            typeof(MemberScaleOp),
            11,
            [(3, 11), (3, 11)],
            (plan, x, p) => plan.MemberScale("op", Spread(plan, x, p[0]), p[1], null),
            (x, p) => Scaled(Members(x, p[0]), p[1], null)),
        new OperationRow(
            "scale of members twice",
            typeof(MemberScaleOp),
            11,
            [(3, 11), (3, 11), (3, 11), (3, 11)],
            (plan, x, p) => plan.MemberScale("op2", plan.MemberScale("op", Spread(plan, x, p[0]), p[1], p[2]), p[3], null),
            (x, p) => Scaled(Scaled(Members(x, p[0]), p[1], p[2]), p[3], null)),
        new OperationRow(
            "scale of members, the same twice",
            typeof(MemberScaleOp),
            11,
            [(3, 11), (3, 11)],
            (plan, x, p) => plan.MemberScale("op2", plan.MemberScale("op", Spread(plan, x, p[0]), p[1], null), p[1], null),
            (x, p) => Scaled(Scaled(Members(x, p[0]), p[1], null), p[1], null)),
        .. Enum.GetValues<ActivationKind>().SelectMany(kind => new[] { Scale(kind), Layer(kind) }),
        Heads(members: 3, inputs: 21, outputs: 5),
        Heads(members: 2, inputs: 3, outputs: 1),

        // On a card: more columns than a warp reads at once, and more outputs than it does.
        Heads(members: 2, inputs: 264, outputs: 17),

        // More than kernels of their own do: products at once, which fewer outputs stand for here, of rows that are whole vectors and not.
        Heads(members: 2, inputs: 3, outputs: 33),
        ProductOf(members: 3, inputs: 21, outputs: 5),
        .. Enum.GetValues<ActivationKind>().Select(kind => TwoHidden(kind, 8, 5)),
        TwoHidden(ActivationKind.Relu, 5, 8),
        TwoHidden(ActivationKind.Silu, 5, 8),
    ];

    /// <summary>x ⊙ rᵢ for every member, example by example.</summary>
    private static double[][] Members(double[][] x, double[] scale)
        => [.. x.SelectMany(row => scale.Chunk(row.Length).Select(r => Times(row, r)))];

    /// <summary>x ⊙ sᵢ + bᵢ of rows that are members in turn.</summary>
    private static double[][] Scaled(double[][] x, double[] scale, double[]? bias)
    {
        int members = scale.Length / x[0].Length;
        double[][] s = [.. scale.Chunk(x[0].Length)], b = [.. (bias ?? new double[scale.Length]).Chunk(x[0].Length)];
        return [.. x.Select((row, i) => Sum(Times(row, s[i % members]), b[i % members]))];
    }

    private static double[] Times(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x * y)];

    private static double[][] Activated(ActivationKind kind, double[][] x) => [.. x.Select(row => Activate(kind, row))];

    private static Value Spread(PlanBuilder plan, Value x, Parameter factors) => plan.MemberSpread("members", x, factors.Rows, factors);

    private static OperationRow Spread(int members, int columns) => new(
        $"{members} members of {columns} columns",
        typeof(MemberSpreadOp),
        columns,
        [(members, columns)],
        (plan, x, p) => plan.MemberSpread("op", x, members, p[0]),
        (x, p) => Members(x, p[0]));

    /// <summary>Scale, bias, activation and the scale behind it, which become one operation.</summary>
    private static OperationRow Scale(ActivationKind kind) => new(
        $"scale of members {kind} scale",
        typeof(MemberScaleOp),
        21,
        [(3, 21), (3, 21), (3, 21), (3, 21)],
        (plan, x, p) => plan.MemberScale(
            "next",
            Act(plan, plan.MemberScale("op", Spread(plan, x, p[0]), p[1], p[2]), kind),
            p[3],
            null),
        (x, p) => Scaled(Activated(kind, Scaled(Members(x, p[0]), p[1], p[2])), p[3], null));

    /// <summary>A whole layer of TabM and the product behind it, whose gradients show the way back to the first.</summary>
    private static OperationRow Layer(ActivationKind kind) => new(
        $"layer of members {kind} linear",
        typeof(MemberScaleOp),
        6,
        [(3, 6), (13, 6), (3, 13), (3, 13), (3, 13), (5, 13)],
        (plan, x, p) =>
        {
            Value z = plan.MemberScale("scale", plan.Linear("op", Spread(plan, x, p[0]), p[1], null), p[2], p[3]);
            return plan.Linear("op2", plan.MemberScale("next", Act(plan, z, kind), p[4], null), p[5], null);
        },
        (x, p) =>
        {
            double[][] z = Scaled(Products(Members(x, p[0]), p[1], new double[13]), p[2], p[3]);
            return Products(Scaled(Activated(kind, z), p[4], null), p[5], new double[5]);
        });

    private static OperationRow Heads(int members, int inputs, int outputs) => new(
        $"{members} members linear {inputs}×{outputs}",
        outputs > 32 ? typeof(LinearOp) : typeof(MemberLinearOp),
        inputs,
        [(members, inputs), (members * outputs, inputs), (members, outputs)],
        (plan, x, p) => plan.MemberLinear("op", Spread(plan, x, p[0]), p[1], p[2]),
        (x, p) => MemberProducts(Members(x, p[0]), p[1], p[2], members));

    private static OperationRow ProductOf(int members, int inputs, int outputs) => new(
        $"{members} members product {inputs}×{outputs}",
        typeof(LinearOp),
        inputs,
        [(members, inputs), (members * outputs, inputs), (members, outputs)],
        (plan, x, p) => plan.MemberLinear("op", plan.MemberSpread("members", x, members, p[0]), p[1], p[2], mostNarrow: 0),
        (x, p) => MemberProducts(Members(x, p[0]), p[1], p[2], members));

    /// <summary>Two hidden layers of members that share none, each with its activation, and their heads: the second's gradient comes to the
    /// first already multiplied by the activation's derivative.</summary>
    private static OperationRow TwoHidden(ActivationKind kind, int first, int second) => new(
        $"members linear {kind} {first} linear {kind} {second} linear",
        typeof(LinearOp),
        6,
        [(3, 6), (3 * first, 6), (3, first), (3 * second, first), (3, second), (3 * 2, second), (3, 2)],
        (plan, x, p) =>
        {
            Value one = Act(plan, plan.MemberLinear("op", plan.MemberSpread("members", x, 3, p[0]), p[1], p[2], 0), kind);
            Value two = Act(plan, plan.MemberLinear("op2", one, p[3], p[4], mostNarrow: 0), kind, "act2");
            return plan.MemberLinear("op3", two, p[5], p[6]);
        },
        (x, p) =>
        {
            double[][] one = Activated(kind, MemberProducts(Members(x, p[0]), p[1], p[2], 3));
            return MemberProducts(Activated(kind, MemberProducts(one, p[3], p[4], 3)), p[5], p[6], 3);
        });

    /// <summary>x·Wᵢᵀ + bᵢ of rows that are members in turn.</summary>
    private static double[][] MemberProducts(double[][] x, double[] weight, double[] bias, int members)
    {
        double[][] weights = [.. weight.Chunk(weight.Length / members)], biases = [.. bias.Chunk(bias.Length / members)];
        return [.. x.Select((row, i) => Product(row, weights[i % members], biases[i % members]))];
    }

    private static Value Act(PlanBuilder plan, Value x, ActivationKind kind, string name = "act")
        => kind == ActivationKind.None ? x : plan.Activation(name, x, kind);

    /// <summary>The mean of an example's members, in double precision.</summary>
    public static double[] Mean(MemberMeanKind kind, double[][] z) => [.. z[0].Select((_, j) => kind switch
    {
        MemberMeanKind.Mean => z.Average(member => member[j]),
        MemberMeanKind.LogMeanSoftmax => Math.Log(z.Average(member => Math.Exp(member[j]) / member.Sum(Math.Exp))),
        // By what is left to 1 as a mean of its own: 1 minus the first would keep no digit of a score above 30.
        MemberMeanKind.LogitMeanSigmoid
            => Math.Log(z.Average(member => 1 / (1 + Math.Exp(-member[j]))) / z.Average(member => 1 / (1 + Math.Exp(member[j])))),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    })];

    private static OperationRow MeanOfRows(MemberMeanKind kind, int perExample, int columns) => new(
        $"{kind} of {perExample} rows of {columns}",
        typeof(MemberMeanOp),
        perExample,
        [(7, columns)],
        (plan, x, p) => plan.MemberMean("op", [plan.Embedding("rows", x, p[0])], kind),
        (x, p) => [.. Looked(x, p[0], columns).Chunk(perExample).Select(members => Mean(kind, members))],
        Ids: 7);

    private static OperationRow MeanOfProducts(MemberMeanKind kind, int count, int columns) => new(
        $"{kind} of {count} products",
        typeof(MemberMeanOp),
        6,
        [.. Enumerable.Range(0, count).SelectMany(_ => new[] { (columns, 6), (1, columns) })],
        (plan, x, p) => plan.MemberMean(
            "op",
            [.. Enumerable.Range(0, count).Select(i => plan.Linear($"product{i}", x, p[2 * i], p[(2 * i) + 1]))],
            kind),
        Each((x, p) => Mean(kind, [.. Enumerable.Range(0, count).Select(i => Product(x, p[2 * i], p[(2 * i) + 1]))])));

    /// <summary>Two values of two rows each: gradients find their own members.</summary>
    private static OperationRow MeanOfBoth(MemberMeanKind kind) => new(
        $"{kind} of two values of 2 rows",
        typeof(MemberMeanOp),
        2,
        [(7, 3), (7, 3)],
        (plan, x, p) => plan.MemberMean("op", [plan.Embedding("first", x, p[0]), plan.Embedding("second", x, p[1])], kind),
        (x, p) => [.. Looked(x, p[0], 3).Chunk(2).Zip(Looked(x, p[1], 3).Chunk(2), (a, b) => Mean(kind, [.. a, .. b]))],
        Ids: 7);
}
