using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>A network as a finished list of operations: the one way in which training, scoring, ONNX and questions about formats come by
/// it.</summary>
internal sealed class NetworkPlan
{
    /// <summary>Builds and finishes.</summary>
    /// <param name="network">The network.</param>
    /// <param name="plan">An empty list, with its policy.</param>
    /// <param name="loss">What is measured of the output; null for nothing.</param>
    public NetworkPlan(Network network, PlanBuilder plan, LossTerm? loss = null)
    {
        Builder = plan;
        Features = network.Input(network.FeatureFormat(plan.Policy));
        Value output = network.Body.Build(plan, Features);
        loss?.AddTo(plan, output, output.Shape.Rows / network.Output.Rows, network.HasIndependentMembers);
        Output = plan.Finish(output);
    }

    /// <summary>The list.</summary>
    public PlanBuilder Builder { get; }

    /// <summary>The network's input.</summary>
    public Value Features { get; }

    /// <summary>Its output, Float32; of a plan that trains an ensemble, those of its members.</summary>
    public Value Output { get; }
}
