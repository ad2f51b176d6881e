using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
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
    /// <param name="isBehindBag">Whether the plan begins behind the layer that reads sparse rows, where there is one: the host computes
    /// that.</param>
    public NetworkPlan(Network network, PlanBuilder plan, LossTerm? loss = null, bool isBehindBag = false)
    {
        Builder = plan;
        Layer body = network.Body;
        if (isBehindBag && network.Bag is { } bag)
        {
            Features = PlanBuilder.Input(network.Spec.Inputs[0].Name, bag.Columns, NumericFormat.Float32);
            body = ((Sequential)network.Body).BehindFirst();
        }
        else
        {
            Features = network.Input(network.FeatureFormat(plan.Policy), plan.LongestRow);
            plan.Ends = Features.Shape.IsSequence
                ? PlanBuilder.Input(PlanBuilder.EndsName, Tensors.Shape.Vector(1), Tensors.ElementKind.Int32)
                : null;
        }

        Value output = body.Build(plan, Features);
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
