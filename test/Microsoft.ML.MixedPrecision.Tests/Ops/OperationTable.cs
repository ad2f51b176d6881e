using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationRow;

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
            yield return new OperationRow(
                "linear without bias",
                typeof(LinearOp),
                5,
                [(4, 5)],
                (plan, x, p) => plan.Linear("op", x, p[0], null),
                Each((x, p) => Product(x, p[0], new double[4])));
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>().Where(kind => kind != ActivationKind.None))
            {
                yield return new OperationRow(
                    $"activation {kind}",
                    typeof(ActivationOp),
                    11,
                    [],
                    (plan, x, _) => plan.Activation("op", x, kind),
                    Each((x, _) => Activate(kind, x)));
            }

            yield return new OperationRow(
                "activation behind an activation",
                typeof(ActivationOp),
                6,
                [(7, 6), (1, 7)],
                StackedActivations,
                Each((x, p) => Activate(ActivationKind.Silu, Activate(ActivationKind.Tanh, Product(x, p[0], p[1])))));
            yield return new OperationRow(
                "layer norm",
                typeof(LayerNormOp),
                11,
                [(1, 11), (1, 11)],
                (plan, x, p) => plan.LayerNorm("op", x, p[0], p[1]),
                Each((x, p) => ReferenceMath.LayerNorm(x, p[0], p[1])));
            foreach (OperationRow row in LayerNormTable.Rows)
            {
                yield return row;
            }

            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
            {
                yield return LinearNormLinear(kind);
            }

            yield return new OperationRow(
                "batch norm",
                typeof(BatchNormOp),
                11,
                [(1, 11), (1, 11)],
                (plan, x, p) => plan.BatchNorm("op", x, BatchNorm(p[0], p[1])),
                (x, p) => ReferenceMath.BatchNorm(x, p[0], p[1]));
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
            {
                yield return LinearBatchNormLinear(kind);
            }

            yield return new OperationRow(
                "casts between two linears",
                typeof(CastOp),
                6,
                [(12, 6), (1, 12), (5, 12), (1, 5)],
                LinearCastLinear,
                Each((x, p) => Product(Product(x, p[0], p[1]), p[2], p[3])));
            yield return new OperationRow(
                "dropout",
                typeof(DropoutOp),
                11,
                [],
                (plan, x, _) => plan.Dropout("op", x, 0.3f),
                (x, _) => Dropped(x, 0, 0.3f));
            yield return new OperationRow(
                "linear dropout linear dropout",
                typeof(DropoutOp),
                6,
                [(13, 6), (1, 13), (5, 13), (1, 5)],
                LinearDropoutTwice,
                (x, p) => Dropped(Products(Dropped(Products(x, p[0], p[1]), 0, 0.5f), p[2], p[3]), 1, 0.1f));
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
            {
                yield return Residual(kind);
            }

            // Entries of less than a chunk and of more; columns of less than a vector, of several, and of some and a rest.
            yield return EmbeddingBag(slots: 3, most: 2, columns: 1);
            yield return EmbeddingBag(slots: 9, most: 4, columns: 35);
            yield return EmbeddingBag(slots: 150, most: 140, columns: 3);
            yield return Embedding(ids: 5, columns: 9, perExample: 3);

            // On a card: ids of two digits, of which none is frequent enough for more than one chunk; and a padding id.
            yield return Embedding(ids: 300, columns: 2, perExample: 2, padding: 7);
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>().Where(kind => kind != ActivationKind.None))
            {
                yield return LinearParametric(kind);
            }

            yield return PiecewiseLinear(count: 3, columns: 3, bins: 7);
            yield return PiecewiseLinear(count: 2, columns: 5, bins: 1);
            yield return ManyBins(columns: 2, bins: 300);
            yield return PeriodicEmbedding(count: 3, columns: 3);
            yield return PeriodicEmbedding(count: 2, columns: 5);
            yield return Categories(columns: 4, 2, 5, 70);

            // Columns of less than a vector, of more than the lanes of sums, and of more than are summed at a time.
            yield return FeatureTokens(numbers: 3, cells: 2, columns: 5);
            yield return FeatureTokens(numbers: 2, cells: 1, columns: 35);
            yield return FeatureTokens(numbers: 1, cells: 0, columns: 150);
            yield return FeatureTokens(numbers: 0, cells: 2, columns: 8);

            // Columns that fill no vector, and a level of most rows, on a card of more than one chunk.
            yield return Categories(columns: 3, 1);
            foreach (OperationRow row in SharingTable.Rows)
            {
                yield return row;
            }

            foreach (OperationRow row in SequenceTable.Rows)
            {
                yield return row;
            }

            foreach (OperationRow row in MemberTable.Rows)
            {
                yield return row;
            }

            yield return new OperationRow(
                "residual of the input",
                typeof(ResidualOp),
                11,
                [(11, 11), (1, 11)],
                (plan, x, p) => plan.Residual("op", x, (plan, x) => plan.Linear("branch", x, p[0], p[1])),
                Each((x, p) => Sum(x, Product(x, p[0], p[1]))));
            yield return new OperationRow(
                "residual in a residual",
                typeof(ForkOp),
                6,
                [(9, 6), (1, 9), (9, 9), (1, 9), (9, 9), (1, 9)],
                NestedResiduals,
                Each((x, p) => Nested(Product(x, p[0], p[1]), p)));
        }
    }

    /// <summary>y[n·T + t] = table[ids[n, t]], in double precision; zeros for the padding id.</summary>
    public static double[][] Looked(double[][] ids, double[] table, int columns, int? padding = null)
        => [.. ids.SelectMany(row => row).Select(id => (int)id == padding
            ? new double[columns]
            : table[((int)id * columns)..(((int)id + 1) * columns)])];

    /// <summary>y[n] = Σⱼ vⱼ·W[sⱼ], in double precision.</summary>
    public static double[] Summed(double[] entries, double[] table, int columns)
    {
        var y = new double[columns];
        foreach (double[] entry in entries.Chunk(2).TakeWhile(entry => entry[0] >= 0))
        {
            for (int column = 0; column < columns; column++)
            {
                y[column] += entry[1] * table[((int)entry[0] * columns) + column];
            }
        }

        return y;
    }

    /// <summary>Rounded once, but sums are of as many terms as a row has.</summary>
    private static OperationRow EmbeddingBag(int slots, int most, int columns) => new(
        $"embedding bag of {slots} slots, {most} at most, {columns} columns",
        typeof(EmbeddingBagOp),
        most,
        [(slots, columns)],
        (plan, x, p) => plan.EmbeddingBag("op", x, p[0]),
        Each((x, p) => Summed(x, p[0], columns)))
    {
        Slots = slots,
        Roundings = 2,
    };

    private static OperationRow Embedding(int ids, int columns, int perExample, int? padding = null) => new(
        $"embedding of {ids} ids, {perExample} an example" + (padding is { } id ? $", padding {id}" : ""),
        typeof(EmbeddingOp),
        perExample,
        [(ids, columns)],
        (plan, x, p) => plan.Embedding("op", x, p[0], padding),
        (x, p) => Looked(x, p[0], columns, padding),
        ids);

    /// <summary>The product before it shows its input gradient.</summary>
    private static OperationRow LinearParametric(ActivationKind kind) => new(
        $"linear, parametric {kind}",
        typeof(ParametricActivationOp),
        4,
        [(70, 4), (1, 70), (1, 70)],
        (plan, x, p) => plan.ParametricActivation("op2", plan.Linear("op", x, p[0], p[1]), kind, p[2]),
        Each((x, p) =>
        {
            double[] z = Product(x, p[0], p[1]);
            return [.. z.Zip(Activate(kind, z), p[2]).Select(item => item.First + (item.Third * (item.Second - item.First)))];
        }));

    /// <summary>The product before it shows its input gradient. Its rounding counts some times over, as waves rise up to 2π·|w|·Σ|V| times
    /// as fast as it.</summary>
    private static OperationRow PeriodicEmbedding(int count, int columns) => new(
        $"linear, periodic embedding of {count} of {columns}",
        typeof(PeriodicEmbeddingOp),
        4,
        [(columns, 4), (1, columns), (count, 16), (count, 16), (count, 48), (count, 3)],
        (plan, x, p) => plan.PeriodicEmbedding("op2", plan.Linear("op", x, p[0], p[1]), new PeriodicParameters(p[2], p[3], p[4], p[5])),
        Each((x, p) => Periodic(Product(x, p[0], p[1]), count, p[2..])))
    {
        Roundings = 24,
    };

    /// <summary>The product before it shows its input gradient. The bins of number i begin at −1 − i and have widths of ¼ and ⅛ in turn;
    /// the last but one has none.</summary>
    private static OperationRow PiecewiseLinear(int count, int columns, int bins)
    {
        double[][] edges = [.. Enumerable.Range(0, count).Select(i => Edges(i, bins))];
        return new OperationRow(
            $"linear, piecewise linear embedding of {count} of {columns} in {bins} bins",
            typeof(PiecewiseLinearOp),
            4,
            [(columns, 4), (1, columns)],
            (plan, x, p) =>
            {
                var layer = new PiecewiseLinear("op2", count, bins);
                for (int i = 0; i < count; i++)
                {
                    layer.SetEdges(i, edges[i]);
                }

                return layer.Build(plan, plan.Linear("op", x, p[0], p[1]));
            },
            Each((x, p) => Shares(Product(x, p[0], p[1]), edges)));
    }

    /// <summary>More bins than are written at once, of numbers that no product has rounded to another bin.</summary>
    private static OperationRow ManyBins(int columns, int bins)
    {
        double[] edges = Edges(0, bins);
        return new OperationRow(
            $"piecewise linear embedding of 1 of {columns} in {bins} bins",
            typeof(PiecewiseLinearOp),
            columns,
            [],
            (plan, x, _) =>
            {
                var layer = new PiecewiseLinear("op", 1, bins);
                layer.SetEdges(0, edges);
                return layer.Build(plan, x);
            },
            Each((x, _) => Shares(x, [edges])));
    }

    private static double[] Edges(int number, int bins)
    {
        var edges = new double[bins + 1];
        edges[0] = -1 - number;
        for (int t = 0; t < bins; t++)
        {
            edges[t + 1] = edges[t] + (bins > 2 && t == bins - 2 ? 0 : t % 2 == 0 ? 0.25 : 0.125);
        }

        return edges;
    }

    private static double[] Shares(double[] x, double[][] edges) =>
    [
        .. edges.SelectMany((its, i) => Enumerable.Range(0, its.Length - 1).Select(t =>
        {
            double width = its[t + 1] - its[t], share = width > 0 ? (x[i] - its[t]) / width : 0;
            return Math.Min(t == its.Length - 2 ? double.MaxValue : 1, Math.Max(t == 0 ? -double.MaxValue : 0, share));
        })),
        .. x[edges.Length..],
    ];

    /// <summary>[x, Σ Vₖⱼ·cos(2πwⱼx + bⱼ) + cₖ] of the first numbers, then the others.</summary>
    public static double[] Periodic(double[] x, int count, double[][] p) =>
    [
        .. Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(-1, 4).Select(k => k < 0
            ? x[i]
            : p[3][(i * 3) + k] + Enumerable.Range(0, 16).Sum(
                j => p[2][(i * 48) + (k * 16) + j] * Math.Cos((2 * Math.PI * p[0][(i * 16) + j] * x[i]) + p[1][(i * 16) + j])))),
        .. x[count..],
    ];

    /// <summary>Three numbers, categories, and two numbers behind them.</summary>
    private static OperationRow Categories(int columns, params int[] levels)
    {
        int[] starts = [0, .. levels.Select((_, i) => levels.Take(i + 1).Sum(count => count + 2))];
        return new OperationRow(
            $"embedding of {levels.Length} categories",
            typeof(CategoryEmbeddingOp),
            levels.Length + 5,
            [(starts[^1], columns)],
            (plan, x, p) => plan.CategoryEmbedding("op", x, new CategoryColumns(3, levels), p[0]),
            Each((x, p) =>
            [
                .. x[..3], .. x[^2..],
                .. levels.SelectMany((count, i) => Embedded(p[0], starts[i], count, x[3 + i], columns)),
            ]),
            Draw: (random, column) => column < 3 || column >= 3 + levels.Length ? random.NextSingle() - 0.5f
                : Category(random, levels[column - 3]));
    }

    /// <summary>The product before it shows its input gradient.</summary>
    private static OperationRow FeatureTokens(int numbers, int cells, int columns)
    {
        int width = numbers + (cells * columns), tokens = 1 + numbers + cells;
        (int, int)[] weight = numbers > 0 ? [(numbers, columns)] : [];
        return new OperationRow(
            $"linear, tokens of {columns} columns of {numbers} numbers and {cells} cells",
            typeof(FeatureTokensOp),
            4,
            [(width, 4), (1, width), .. weight, (tokens, columns)],
            (plan, x, p) => plan.FeatureTokens("op2", plan.Linear("op", x, p[0], p[1]), numbers > 0 ? p[2] : null, p[^1]),
            Each((x, p) => Tokens(Product(x, p[0], p[1]), numbers, columns, p[2], p[^1])))
        {
            Roundings = 4,
        };
    }

    /// <summary>b₀, then xᵢ·wᵢ + b of each number, then the cells + b.</summary>
    private static double[] Tokens(double[] x, int numbers, int columns, double[] weight, double[] bias)
        => [.. bias.Select((b, at) => b + (at < columns ? 0
            : at < columns * (1 + numbers) ? x[(at / columns) - 1] * weight[at - columns]
            : x[numbers + at - (columns * (1 + numbers))]))];

    /// <summary>Missing, unseen in every way, or a level.</summary>
    private static float Category(Random random, int levels) => random.Next(12) switch
    {
        0 => 0,
        1 => levels + 1,
        2 => -1,
        3 => 0.5f,
        4 => float.NaN,
        _ => 1 + random.Next(levels),
    };

    private static double[] Embedded(double[] table, int start, int levels, double value, int columns)
    {
        int row = value == 0 ? 0 : value >= 1 && value <= levels && Math.Floor(value) == value ? 1 + (int)value : 1;
        return table[((start + row) * columns)..((start + row + 1) * columns)];
    }

    private static OperationRow Linear(ActivationKind kind, int inputs, int outputs) => new(
        $"linear {inputs}×{outputs} {kind}",
        typeof(LinearOp),
        inputs,
        [(outputs, inputs), (1, outputs)],
        (plan, x, p) => Activation(plan, plan.Linear("op", x, p[0], p[1]), kind),
        Each((x, p) => Activate(kind, Product(x, p[0], p[1]))));

    /// <summary>The second operation multiplies its input gradient by the derivative of the first one's activation.</summary>
    private static OperationRow TwoLinears(ActivationKind kind) => new(
        $"linear {kind} linear",
        typeof(LinearOp),
        6,
        [(12, 6), (1, 12), (5, 12), (1, 5)],
        (plan, x, p) => plan.Linear("op2", Activation(plan, plan.Linear("op", x, p[0], p[1]), kind), p[2], p[3]),
        Each((x, p) => Product(Activate(kind, Product(x, p[0], p[1])), p[2], p[3])));

    /// <summary>The gradients of the first product show the normalisation's input gradient.</summary>
    private static OperationRow LinearNormLinear(ActivationKind kind) => new(
        $"linear layer norm {kind} linear",
        typeof(LayerNormOp),
        6,
        [(17, 6), (1, 17), (1, 17), (1, 17), (5, 17), (1, 5)],
        (plan, x, p) => plan.Linear(
            "op2",
            Activation(plan, plan.LayerNorm("norm", plan.Linear("op", x, p[0], p[1]), p[2], p[3]), kind),
            p[4],
            p[5]),
        Each((x, p) => Product(Activate(kind, ReferenceMath.LayerNorm(Product(x, p[0], p[1]), p[2], p[3])), p[4], p[5])));

    /// <summary>The gradients of the first product show the normalisation's input gradient, for which every row counts.</summary>
    private static OperationRow LinearBatchNormLinear(ActivationKind kind) => new(
        $"linear batch norm {kind} linear",
        typeof(BatchNormOp),
        6,
        [(17, 6), (1, 17), (1, 17), (1, 17), (5, 17), (1, 5)],
        (plan, x, p) => plan.Linear(
            "op2",
            Activation(plan, plan.BatchNorm("norm", plan.Linear("op", x, p[0], p[1]), BatchNorm(p[2], p[3])), kind),
            p[4],
            p[5]),
        (x, p) => Products(
            [.. ReferenceMath.BatchNorm(Products(x, p[0], p[1]), p[2], p[3]).Select(row => Activate(kind, row))],
            p[4],
            p[5]));

    /// <summary>A batch norm whose running statistics nobody asks for.</summary>
    public static BatchNormParts BatchNorm(Parameter scale, Parameter shift)
        => new(scale, shift, new LayerState("mean", scale.Columns, 0), new LayerState("variance", scale.Columns, 1));

    /// <summary>The first product's gradients show the sum of the two gradients; its activation and the branch's are fused.</summary>
    private static OperationRow Residual(ActivationKind kind) => new(
        $"linear {kind} residual linear",
        typeof(ForkOp),
        6,
        [(12, 6), (1, 12), (12, 12), (1, 12), (5, 12), (1, 5)],
        (plan, x, p) => plan.Linear(
            "op2",
            plan.Residual(
                "block",
                Activation(plan, plan.Linear("op", x, p[0], p[1]), kind),
                (plan, x) => Activation(plan, plan.Linear("branch", x, p[2], p[3]), kind)),
            p[4],
            p[5]),
        Each((x, p) =>
        {
            double[] start = Activate(kind, Product(x, p[0], p[1]));
            return Product(Sum(start, Activate(kind, Product(start, p[2], p[3]))), p[4], p[5]);
        }));

    /// <summary>The inner block's sum is what the outer one's branch ends with.</summary>
    private static Value NestedResiduals(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Residual(
            "outer",
            plan.Linear("op", x, p[0], p[1]),
            (plan, x) => plan.Residual("inner", plan.Linear("op2", x, p[2], p[3]), (plan, x) => plan.Linear("op3", x, p[4], p[5])));

    private static double[] Nested(double[] x, double[][] p)
    {
        double[] inner = Product(x, p[2], p[3]);
        return Sum(x, Sum(inner, Product(inner, p[4], p[5])));
    }

    private static Value LinearDropoutTwice(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Dropout("drop2", plan.Linear("op2", plan.Dropout("drop", plan.Linear("op", x, p[0], p[1]), 0.5f), p[2], p[3]), 0.1f);

    /// <summary>x ⊙ mask/(1 − p), the mask as it is documented.</summary>
    private static double[][] Dropped(double[][] x, int layer, float rate)
        => [.. x.Select((values, row) => values.Select((value, column) => IsKept(layer, rate, row, column)
            ? value / (1 - (double)rate)
            : 0).ToArray())];

    private static bool IsKept(int layer, float rate, int row, int column)
        => DropoutReference.IsKept(OperationHarness.Position, OperationHarness.Seed, layer, rate, row, column);

    /// <summary>a + b.</summary>
    public static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    /// <summary>Up to Float32 and, for the second product, down again; under a Float32 policy there is nothing to cast.</summary>
    private static Value LinearCastLinear(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Linear("op2", plan.Cast("up", plan.Linear("op", x, p[0], p[1]), NumericFormat.Float32), p[2], p[3]);

    private static Value StackedActivations(PlanBuilder plan, Value x, Parameter[] p)
        => plan.Activation("op2", plan.Activation("op1", plan.Linear("op", x, p[0], p[1]), ActivationKind.Tanh), ActivationKind.Silu);

    private static Value Activation(PlanBuilder plan, Value x, ActivationKind kind)
        => kind == ActivationKind.None ? x : plan.Activation("act", x, kind);

    /// <summary>act(x).</summary>
    public static double[] Activate(ActivationKind kind, double[] x) => [.. x.Select(value => ReferenceMath.Activation(kind, value))];

    /// <summary>x·Wᵀ + b of every row.</summary>
    public static double[][] Products(double[][] x, double[] weight, double[] bias) => [.. x.Select(row => Product(row, weight, bias))];

    /// <summary>x·Wᵀ + b with W (outputs, inputs) row by row.</summary>
    public static double[] Product(double[] x, double[] weight, double[] bias)
        => [.. bias.Select((b, i) => b + x.Select((value, j) => value * weight[(i * x.Length) + j]).Sum())];
}
