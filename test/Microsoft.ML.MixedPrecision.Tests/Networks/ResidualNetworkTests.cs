using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>What a definition with residual connections and dropout is made of.</summary>
[TestClass]
public sealed class ResidualNetworkTests
{
    [TestMethod]
    public void Network_Residual_WrapsTheLayersAsWideAsTheirInput()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        Network network = Examples.Network(5, [5, 7, 7], 2, normalization: NormalizationKind.LayerNorm, residual: true, dropout: 0.5f);
        plan.Finish(network.Body.Build(plan, PlanBuilder.Input("x", 5, NumericFormat.Float32)));

        CollectionAssert.AreEqual(
            new[]
            {
                "hidden.0", "hidden.0.norm", "hidden.0.dropout", "hidden.0.residual",
                "hidden.1", "hidden.1.norm", "hidden.1.dropout",
                "hidden.2.residual.fork", "hidden.2", "hidden.2.norm", "hidden.2.dropout", "hidden.2.residual",
                "output",
            },
            plan.Ops.Select(op => op.Name).ToArray());
    }

    [TestMethod]
    public void Network_ResidualOrNot_HasTheSameParametersAndStartingWeights()
    {
        Network plain = Examples.Network(5, [5, 7, 7], 2), network = Examples.Network(5, [5, 7, 7], 2, residual: true, dropout: 0.5f);

        CollectionAssert.AreEqual(
            plain.Parameters.Select(parameter => parameter.Name).ToArray(),
            network.Parameters.Select(parameter => parameter.Name).ToArray());
        CollectionAssert.AreEqual(
            plain.Parameters.SelectMany(parameter => parameter.Values).ToArray(),
            network.Parameters.SelectMany(parameter => parameter.Values).ToArray());
        Assert.AreEqual(
            "5 numbers, Residual (Linear 5, Relu, Dropout 0.5), Linear 7, Relu, Dropout 0.5, Residual (Linear 7, Relu, Dropout 0.5), "
                + "Linear 2",
            network.Spec.ToString());
    }

    [TestMethod]
    [DataRow(-0.1f)]
    [DataRow(1f)]
    [DataRow(float.NaN)]
    public void Validate_DropoutOutsideItsRange_SaysTheRange(float dropout)
    {
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(
            () => new Network(new Perceptron(2, [3], ActivationKind.Relu, 2, Dropout: dropout).ToSpec()));
        StringAssert.Contains(error.Message, "at least 0 and below 1", StringComparison.Ordinal);
    }
}
