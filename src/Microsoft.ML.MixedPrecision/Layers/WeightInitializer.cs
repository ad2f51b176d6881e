using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>Draws a network's starting weights on the host, so that every engine starts from the same bits. Biases start at 0, those of
/// networks whose members share weights as weights do.</summary>
/// <param name="seed">The user's seed.</param>
/// <param name="shares">Whether the network has members that share weights: weights and biases then are uniform in ±1/√inputs, whatever
/// follows, as those of TabM (Y. Gorishniy et al., 2024), in which members' own numbers scale what the weights share.</param>
internal sealed class WeightInitializer(int seed, bool shares = false)
{
    private int _position;
    private int _inputs = 1;

    /// <summary>Whether weights are normal with σ = √(1 / inputs) whatever follows: <see cref="Parametrization.NeuralTangent"/>.</summary>
    public bool IsNeuralTangent { get; init; }

    /// <summary>
    /// Fills the next weight (outputs, inputs) for the activation that follows. Relu, Gelu, GeluErf, Silu, Mish: normal with σ = √(2 /
    /// inputs) (He et al., 2015). Selu: normal with σ = √(1 / inputs) (Klambauer et al., 2017). Otherwise: uniform in ±√(6 / (inputs +
    /// outputs)) (Glorot and Bengio, 2010). </summary>
    /// <param name="weight">What to fill.</param>
    /// <param name="following">The activation behind it.</param>
    /// <param name="members">How many products' weights it holds, one behind the other: each is drawn anew, as it would be alone.</param>
    public void Fill(Parameter weight, ActivationKind following, int members = 1)
    {
        _inputs = weight.Columns;
        if (shares)
        {
            FillUniform(weight.Values);
            return;
        }

        var random = new RandomStream(seed, RandomPurpose.Initialization, _position++);
        double? gain = IsNeuralTangent ? 1 : following switch
        {
            ActivationKind.Relu or ActivationKind.Gelu or ActivationKind.GeluErf or ActivationKind.Silu or ActivationKind.Mish => 2,
            ActivationKind.Selu => 1,
            ActivationKind.None or ActivationKind.Tanh or ActivationKind.Sigmoid => null,
            _ => throw UnknownValue.Of(following),
        };
        double deviation = Math.Sqrt((gain ?? 0) / weight.Columns);
        double limit = Math.Sqrt(6.0 / (weight.Columns + (weight.Rows / members)));
        foreach (ref float value in weight.Values.AsSpan())
        {
            value = (float)(gain is not null ? deviation * random.NextNormal() : limit * ((2 * random.NextDouble()) - 1));
        }
    }

    /// <summary>Fills the bias of the weight that was filled last.</summary>
    /// <param name="bias">A row for each member; one where there are none.</param>
    /// <param name="areEqual">Whether members begin with the same.</param>
    public void FillBias(Parameter bias, bool areEqual = true)
    {
        if (!shares)
        {
            Array.Clear(bias.Values);
        }
        else if (!areEqual)
        {
            FillUniform(bias.Values);
        }
        else
        {
            Span<float> first = bias.Values.AsSpan(0, bias.Columns);
            FillUniform(first);
            for (int row = 1; row < bias.Rows; row++)
            {
                first.CopyTo(bias.Values.AsSpan(row * bias.Columns, bias.Columns));
            }
        }
    }

    /// <summary>Fills the next weight with 1 and −1, each as likely.</summary>
    /// <param name="weight">What to fill.</param>
    public void FillSigns(Parameter weight)
    {
        var random = new RandomStream(seed, RandomPurpose.Initialization, _position++);
        foreach (ref float value in weight.Values.AsSpan())
        {
            value = random.NextDouble() < 0.5 ? -1 : 1;
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
    public void FillUniform(Parameter weight, double limit) => FillUniform(weight.Values, limit);

    /// <summary>Uniform in ±1/√inputs.</summary>
    private void FillUniform(Span<float> values) => FillUniform(values, 1 / Math.Sqrt(_inputs));

    private void FillUniform(Span<float> values, double limit)
    {
        var random = new RandomStream(seed, RandomPurpose.Initialization, _position++);
        foreach (ref float value in values)
        {
            value = (float)(limit * ((2 * random.NextDouble()) - 1));
        }
    }
}
