using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>The loss of a network's output, whose targets and weights come with the rows.</summary>
/// <param name="Loss">ℓ.</param>
/// <param name="HasWeights">Whether rows have weights.</param>
internal readonly record struct LossTerm(Loss Loss, bool HasWeights)
{
    /// <summary>Name of the input that brings targets.</summary>
    public const string Target = "target";

    /// <summary>Name of the input that brings weights.</summary>
    public const string Weight = "weight";

    /// <summary>Appends it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="output">What the network ends with.</param>
    /// <param name="members">Rows of it that have one target, such as those of an ensemble's members: the mean of their losses is
    /// measured.</param>
    /// <param name="areAlone">Whether each member learns as if it were alone, by the whole of its own loss.</param>
    public void AddTo(PlanBuilder plan, Value output, int members = 1, bool areAlone = false)
        => plan.Loss(
            Loss,
            output,
            LossPlan.Targets(Target, Loss, output, members),
            HasWeights ? LossPlan.Weights(Weight, output, members) : null,
            new LossFactor(1f / members, areAlone ? 1 : 1f / members),
            members);
}
