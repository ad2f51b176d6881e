using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>Where parameters start and how fast they learn, beside what their layers say.</summary>
/// <remarks>
/// With <see cref="Parametrization.NeuralTangent"/> a product is meant as y = x·Vᵀ/√d + b with V ~ N(0, 1), d being the columns of x. The
/// network holds W = V/√d, so that scores are those of an ordinary layer: W ~ N(0, 1/d); a step of V by η is one of W by η/√d under Adam,
/// whose direction does not depend on the gradient's size, with √d·ε for ε; and a decay λ of V with η is one of √d·λ with η/√d. SGD's steps
/// are as the gradient, 1/√d times W's: by η/d, and d·λ. Source:
/// RealMLP,
/// D. Holzmüller et al. (https://arxiv.org/abs/2407.04491); A. Jacot et al. (https://arxiv.org/abs/1806.07572).
/// </remarks>
internal sealed record ParameterRules
{
    /// <summary>What an activation's factors learn at, as a share of the rate: RealMLP's.</summary>
    public const float ActivationRate = 0.1f;

    /// <summary>What numeric embeddings learn at, as a share of the rate: RealMLP's.</summary>
    public const float NumericEmbeddingRate = 0.1f;

    /// <summary>What the table of an embedding bag learns at, as a multiple of the rate: a slot is in few rows, and has few steps to
    /// learn in. Chosen by log-loss on glosses and mails.</summary>
    public const float BagRate = 10;

    /// <summary>Those of every network that nobody asks anything of.</summary>
    public static readonly ParameterRules Default = new();

    /// <summary>How products start and learn.</summary>
    public Parametrization Parametrization { get; init; }

    /// <summary>What learns.</summary>
    public OptimizerKind Optimizer { get; init; }

    /// <summary>Factor of the learning rate of biases.</summary>
    public float BiasRate { get; init; } = 1;

    /// <summary>Factor of the learning rate of the scale layer.</summary>
    public float ScaleRate { get; init; } = 1;

    /// <summary>Whether the last layer starts at 0, so that training begins with the same scores for all rows.</summary>
    public bool ZeroOutput { get; init; }

    /// <summary>Sets the factors of rates, decays and ε of a network's parameters.</summary>
    /// <param name="network">The network.</param>
    public void Apply(Network network)
    {
        foreach (Parameter parameter in network.Parameters)
        {
            bool isTangent = parameter.Role == ParameterRole.Weight && Parametrization == Parametrization.NeuralTangent;
            double root = isTangent ? Math.Sqrt(parameter.Columns) : 1, divisor = Optimizer == OptimizerKind.Sgd ? root * root : root;
            parameter.RateFactor = (float)(RateOf(parameter.Role) / divisor);
            (parameter.DecayFactor, parameter.EpsilonFactor) = ((float)divisor, (float)root);
        }
    }

    private float RateOf(ParameterRole role) => role switch
    {
        ParameterRole.Bias => BiasRate,
        ParameterRole.FeatureScale => ScaleRate,
        ParameterRole.Activation => ActivationRate,
        ParameterRole.NumericEmbedding => NumericEmbeddingRate,
        ParameterRole.Bag => BagRate,
        _ => 1,
    };
}
