using System.Text;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>From a perceptron's options, and from its definition in files before version 4, to a spec.</summary>
[TestClass]
public sealed class PerceptronTests
{
    [TestMethod]
    [DataRow(0, 0.5f, NormalizationKind.None, false, "Dropout is 0.5, but HiddenLayers is empty")]
    [DataRow(0, 0f, NormalizationKind.BatchNorm, false, "Normalization is BatchNorm, but HiddenLayers is empty")]
    [DataRow(0, 0f, NormalizationKind.None, true, "Residual is true, but no hidden layer of 3 is as wide")]
    [DataRow(1, 0f, NormalizationKind.None, true, "Residual is true, but no hidden layer of 3-4 is as wide")]
    [DataRow(2, 0.5f, NormalizationKind.LayerNorm, true, null)]
    [DataRow(0, 0f, NormalizationKind.None, false, null)]
    public void IdleWishes_OfPartsOfHiddenLayers_SaysWhereThereAreNone(
        int hidden,
        float dropout,
        NormalizationKind normalization,
        bool residual,
        string? expected)
    {
        var perceptron = new Perceptron(
            3,
            [.. Enumerable.Repeat(4, hidden)],
            ActivationKind.Relu,
            2,
            normalization,
            residual,
            dropout);
        string[] found = [.. perceptron.IdleWishes()];

        Assert.HasCount(expected is null ? 0 : 1, found);
        StringAssert.StartsWith(found.FirstOrDefault() ?? "", expected ?? "");
    }

    /// <summary>As files of the versions 1, 1, 2 and 3 have it.</summary>
    [TestMethod]
    [DataRow("""{"Inputs":2,"HiddenLayers":[],"Activation":"None","Outputs":1}""", "2 numbers, Linear 1")]
    [DataRow(
        """{"Inputs":4,"HiddenLayers":[10],"Activation":"Silu","Outputs":3,"Normalization":"LayerNorm"}""",
        "4 numbers, Linear 10, LayerNorm, Silu, Linear 3")]
    [DataRow(
        """{"Inputs":4,"HiddenLayers":[4,9],"Activation":"Relu","Outputs":1,"Normalization":"BatchNorm","Residual":true,"Dropout":0.125}""",
        "4 numbers, Residual (Linear 4, BatchNorm, Relu, Dropout 0.125), Linear 9, BatchNorm, Relu, Dropout 0.125, Linear 1")]
    [DataRow(
        """{"Inputs":4,"HiddenLayers":[5],"Activation":"None","Outputs":1,"Scaling":"Standard"}""",
        "4 numbers scaled (Standard), Linear 5, Linear 1")]
    public void Read_OfADefinition_IsItsSpec(string json, string expected)
    {
        NetworkSpec spec = NetworkSpecJson.Read(Encoding.UTF8.GetBytes(json));

        Assert.AreEqual(expected, spec.ToString());
        Assert.AreEqual("features", spec.Inputs[0].Name);
        Assert.AreEqual(4, spec.Version);
    }

    [TestMethod]
    public void ToSpec_OfMoreHiddenLayersThanLayers_IsRefusedAtOnce()
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => new Perceptron(1, new int[1 << 16], ActivationKind.Relu, 1).ToSpec());

        StringAssert.Contains(error.Message, "65536 hidden layers; a network has at most 65536 layers");
    }

    /// <summary>
    /// Weight number i is drawn from stream i, by the activation behind it: σ = √(2/inputs) before Relu, else within ±√(6/(inputs +
    /// outputs)). What stands between, and around, changes none of it.
    /// </summary>
    [TestMethod]
    [DataRow(NormalizationKind.None, ActivationKind.Relu, false)]
    [DataRow(NormalizationKind.BatchNorm, ActivationKind.Relu, true)]
    [DataRow(NormalizationKind.LayerNorm, ActivationKind.Tanh, true)]
    [DataRow(NormalizationKind.LayerNorm, ActivationKind.None, false)]
    public void Initialize_OfAnyPerceptron_DrawsByPositionAndFollowingActivation(
        NormalizationKind normalization,
        ActivationKind activation,
        bool residual)
    {
        Network network = Examples.Network(5, [5, 7], 3, activation, seed: 11, normalization, residual, dropout: 0.5f);
        string[] weights = ["hidden.0.weight", "hidden.1.weight", "output.weight"];

        for (int i = 0; i < weights.Length; i++)
        {
            Parameter weight = network.Parameters.Single(parameter => parameter.Name == weights[i]);
            var random = new RandomStream(11, RandomPurpose.Initialization, i);
            bool rectifies = activation == ActivationKind.Relu && i < 2;
            foreach (float value in weight.Values)
            {
                double expected = rectifies
                    ? Math.Sqrt(2.0 / weight.Columns) * random.NextNormal()
                    : Math.Sqrt(6.0 / (weight.Columns + weight.Rows)) * ((2 * random.NextDouble()) - 1);
                Assert.AreEqual((float)expected, value, weights[i]);
            }
        }

        Assert.IsTrue(network.Parameters.Where(parameter => parameter.Name.EndsWith("bias", StringComparison.Ordinal))
            .All(bias => bias.Values.All(value => value == 0)));
    }
}
