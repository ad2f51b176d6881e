using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>Where parameters start and how fast they learn, beside what their layers say.</summary>
[TestClass]
public sealed class ParameterRulesTests
{
    [TestMethod]
    public void Apply_NeuralTangent_ScalesRatesDecayAndEpsilonByTheRootOfTheInputs()
    {
        Network network = Create();
        new ParameterRules { Parametrization = Parametrization.NeuralTangent, BiasRate = 0.1f, ScaleRate = 6 }.Apply(network);
        foreach (Parameter parameter in network.Parameters)
        {
            double root = Math.Sqrt(parameter.Columns);
            (double rate, double decay) = parameter.Name switch
            {
                "scale.weight" => (6, 1),
                _ when parameter.Name.EndsWith("activation.weight", StringComparison.Ordinal) => (0.1, 1),
                _ when parameter.Name.StartsWith("embedding.", StringComparison.Ordinal) => (0.1, 1),
                _ when parameter.Name.EndsWith(".bias", StringComparison.Ordinal) => (0.1, 1),
                _ => (1 / root, root),
            };
            Assert.AreEqual(rate, parameter.RateFactor, 1e-7, parameter.Name);
            Assert.AreEqual(decay, parameter.DecayFactor, 1e-6, parameter.Name);
            Assert.AreEqual(decay, parameter.EpsilonFactor, 1e-6, parameter.Name);
        }
    }

    /// <summary>A step of V = √d·W by SGD, in V's terms and in W's.</summary>
    [TestMethod]
    public void Apply_NeuralTangentWithSgd_StepsAsItsVDoes()
    {
        Network network = Create();
        new ParameterRules { Parametrization = Parametrization.NeuralTangent, Optimizer = OptimizerKind.Sgd }.Apply(network);
        Parameter weight = network.Parameters.Single(parameter => parameter.Name == "hidden.1.weight");
        const double W = 0.7, Gradient = 0.3, Rate = 0.1, Decay = 0.2;
        double root = Math.Sqrt(weight.Columns), v = W * root;
        double steppedV = v - (Rate * ((Gradient / root) + (Decay * v)));
        double stepped = W - (Rate * weight.RateFactor * (Gradient + (Decay * weight.DecayFactor * W)));

        Assert.AreEqual(steppedV / root, stepped, 1e-7);
    }

    [TestMethod]
    public void Apply_Default_LeavesAllButActivationsAndEmbeddingsAt1()
    {
        var network = new Network(new Perceptron(5, [4, 4], ActivationKind.Relu, 3, NormalizationKind.BatchNorm).ToSpec());
        ParameterRules.Default.Apply(network);

        Assert.IsTrue(network.Parameters.All(p => (p.RateFactor, p.DecayFactor, p.EpsilonFactor) == (1, 1, 1)));
    }

    [TestMethod]
    public void Initialize_NeuralTangent_DrawsWeightsOfVariance1OverTheInputs()
    {
        var network = new Network(new Perceptron(100, [400, 300], ActivationKind.Relu, 3).ToSpec());
        network.Initialize(1, new ParameterRules { Parametrization = Parametrization.NeuralTangent, ZeroOutput = true });
        foreach (Parameter weight in network.Parameters.Where(parameter => parameter.Role == ParameterRole.Weight))
        {
            double variance = weight.Values.Average(value => (double)value * value);
            double expected = weight.Name == "output.weight" ? 0 : 1.0 / weight.Columns;

            // 40,000 draws and more: a deviation of the variance is √(2/n), below 1 %.
            Assert.AreEqual(expected, variance, 0.05 * expected, weight.Name);
        }
    }

    private static Network Create() => new(new Perceptron(
        5, [4, 9], ActivationKind.Selu, 3, Embedding: NumericEmbedding.Periodic, ScaleLayer: true, Parametric: true).ToSpec());
}
