using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationRow;
using static Microsoft.ML.MixedPrecision.Tests.Ops.OperationTable;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Rows of the operation table for normalisations of rows whose variance is about ε, so that ε decides how large y is.</summary>
internal static class LayerNormTable
{
    /// <summary>The rows.</summary>
    public static IEnumerable<OperationRow> Rows =>
    [
        WithEpsilon(1e-12f, width: 4e-6f),
        WithEpsilon(1e-3f, width: 0.1f),
        OfARecord(1e-12f, width: 4e-6f),
        BehindAProduct(1e-3f, width: 0.1f),
    ];

    private static OperationRow WithEpsilon(float epsilon, float width) => new(
        FormattableString.Invariant($"layer norm, ε {epsilon}"),
        typeof(LayerNormOp),
        11,
        [(1, 11), (1, 11)],
        (plan, x, p) => plan.LayerNorm("op", x, p[0], p[1], epsilon),
        Each((x, p) => ReferenceMath.LayerNorm(x, p[0], p[1], epsilon)),
        Draw: Narrow(width));

    /// <summary>The layer that a record makes, its γ being 1 and its β 0.</summary>
    private static OperationRow OfARecord(float epsilon, float width) => new(
        FormattableString.Invariant($"layer norm of a record, ε {epsilon}"),
        typeof(LayerNormOp),
        11,
        [],
        (plan, x, _) =>
        {
            Layer layer = new LayerNormSpec("op", epsilon).Create(new SpecValue(Shape.Vector(11)));
            layer.Initialize(new WeightInitializer(1), ActivationKind.None);
            return layer.Build(plan, x);
        },
        Each((x, _) => ReferenceMath.LayerNorm(x, [.. x.Select(_ => 1.0)], new double[11], epsilon)),
        Draw: Narrow(width));

    /// <summary>The product's gradient shows the normalisation's input gradient; without a bias its rows vary as little as x.</summary>
    private static OperationRow BehindAProduct(float epsilon, float width) => new(
        FormattableString.Invariant($"linear, layer norm, ε {epsilon}"),
        typeof(LayerNormOp),
        6,
        [(17, 6), (1, 17), (1, 17)],
        (plan, x, p) => plan.LayerNorm("norm", plan.Linear("op", x, p[0], null), p[1], p[2], epsilon),
        Each((x, p) => ReferenceMath.LayerNorm(Product(x, p[0], new double[17]), p[1], p[2], epsilon)),
        Draw: Narrow(width));

    private static Func<Random, int, float> Narrow(float width) => (random, _) => (random.NextSingle() - 0.5f) * width;
}
