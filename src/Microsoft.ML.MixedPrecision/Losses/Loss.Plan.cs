using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>Appends losses, of the network's output or of any value before it.</summary>
internal static class LossPlan
{
    /// <summary>The words that a loss's targets are: (N · rows, 1) classes or (N · rows, columns) numbers.</summary>
    /// <param name="name">Name of the column that brings them.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="x">What it reads them beside.</param>
    /// <param name="members">Rows of x that follow one another and have one target.</param>
    public static Value Targets(string name, Loss loss, Value x, int members = 1) => loss.TargetKind switch
    {
        TargetKind.Class => PlanBuilder.Input(name, Positions(x, members).WithColumns(1), ElementKind.Int32),
        TargetKind.Values => PlanBuilder.Input(name, Positions(x, members), ElementKind.Float32),
        _ => throw UnknownValue.Of(loss.TargetKind),
    };

    /// <summary>The words that weights beside a value are: (N · rows, 1), Float32.</summary>
    /// <param name="name">Name of the column that brings them.</param>
    /// <param name="x">What they weigh the rows of.</param>
    /// <param name="members">Rows of x that follow one another and have one weight.</param>
    public static Value Weights(string name, Value x, int members = 1)
        => PlanBuilder.Input(name, Positions(x, members).WithColumns(1), ElementKind.Float32);

    /// <summary>Appends a loss, which reads x in Float32; several in one plan add up.</summary>
    /// <param name="plan">The plan, not yet finished.</param>
    /// <param name="loss">ℓ.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="targets">See <see cref="Targets"/>.</param>
    /// <param name="weights">See <see cref="Weights"/>; null: every row weighs 1.</param>
    /// <param name="factor">What the loss counts beside others; null: 1.</param>
    /// <param name="members">Rows of x that follow one another and have one target and weight.</param>
    /// <exception cref="ArgumentException">Targets or weights are not of x's shape.</exception>
    public static void Loss(
        this PlanBuilder plan,
        Loss loss,
        Value x,
        Value targets,
        Value? weights,
        LossFactor? factor = null,
        int members = 1)
    {
        Require(targets, Targets(targets.Name, loss, x, members));
        Value[] inputs = [x, targets];
        if (weights is not null)
        {
            Require(weights, Weights(weights.Name, x, members));
            inputs = [.. inputs, weights];
        }

        string name = plan.NameOf("loss");
        plan.Add(new LossOp(name, loss, factor ?? 1, inputs, plan.Decide(OperationKind.Loss, "loss").Reason));
    }

    /// <summary>What has a target: rows of an example, those of members being one.</summary>
    private static Shape Positions(Value x, int members)
        => members == 1 ? x.Shape : new Shape(x.Shape.Rows / members, x.Columns);

    private static void Require(Value given, Value wanted)
    {
        if (given.Kind != wanted.Kind || given.Shape != wanted.Shape)
        {
            throw new ArgumentException(
                $"'{given.Name}' is {given.Shape} of {given.Kind} an example; the loss reads {wanted.Shape} of {wanted.Kind}. Make it with "
                    + $"{nameof(LossPlan)}.");
        }
    }
}
