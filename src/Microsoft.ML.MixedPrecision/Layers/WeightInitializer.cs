using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>Draws a network's starting weights on the host, so that every engine starts from the same bits. Biases start at 0.</summary>
/// <param name="seed">The user's seed.</param>
internal sealed class WeightInitializer(int seed)
{
    /// <summary>Whether weights are normal with σ = √(1 / inputs) whatever follows: <see cref="Parametrization.NeuralTangent"/>.</summary>
    public bool IsNeuralTangent { get; init; }

    private int _position;

    /// <summary>
    /// Fills the next weight (outputs, inputs) for the activation that follows. Relu, Gelu, GeluErf, Silu, Mish: normal with σ = √(2 /
    /// inputs) (He et al., 2015). Selu: normal with σ = √(1 / inputs) (Klambauer et al., 2017). Otherwise: uniform in ±√(6 / (inputs +
    /// outputs)) (Glorot and Bengio, 2010). </summary>
    /// <param name="weight">What to fill.</param>
    /// <param name="following">The activation behind it.</param>
    public void Fill(Parameter weight, ActivationKind following)
    {
        var random = new RandomStream(seed, RandomPurpose.Initialization, _position++);
        double? gain = IsNeuralTangent ? 1 : following switch
        {
            ActivationKind.Relu or ActivationKind.Gelu or ActivationKind.GeluErf or ActivationKind.Silu or ActivationKind.Mish => 2,
            ActivationKind.Selu => 1,
            ActivationKind.None or ActivationKind.Tanh or ActivationKind.Sigmoid => null,
            _ => throw UnknownValue.Of(following),
        };
        double deviation = Math.Sqrt((gain ?? 0) / weight.Columns);
        double limit = Math.Sqrt(6.0 / (weight.Columns + weight.Rows));
        foreach (ref float value in weight.Values.AsSpan())
        {
            value = (float)(gain is not null ? deviation * random.NextNormal() : limit * ((2 * random.NextDouble()) - 1));
        }
    }

    /// <summary>Fills the next weight, whose scale does not follow from its shape: normal with a given σ.</summary>
    /// <param name="weight">What to fill.</param>
    /// <param name="deviation">σ.</param>
    public void FillNormal(Parameter weight, double deviation)
    {
        var random = new RandomStream(seed, RandomPurpose.Initialization, _position++);
        foreach (ref float value in weight.Values.AsSpan())
        {
            value = (float)(deviation * random.NextNormal());
        }
    }

    /// <summary>Fills the next weight, whose scale does not follow from its shape: uniform in ± a limit.</summary>
    /// <param name="weight">What to fill.</param>
    /// <param name="limit">The limit.</param>
    public void FillUniform(Parameter weight, double limit)
    {
        var random = new RandomStream(seed, RandomPurpose.Initialization, _position++);
        foreach (ref float value in weight.Values.AsSpan())
        {
            value = (float)(limit * ((2 * random.NextDouble()) - 1));
        }
    }
}
