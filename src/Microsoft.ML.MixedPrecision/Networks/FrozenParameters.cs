using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>Parameters that keep their values in training, by name.</summary>
/// <param name="Always">Those that do so to its end: they have no gradient.</param>
/// <param name="AtFirst">Those that do so at first, while their gradients become moments.</param>
/// <param name="Epochs">For how many epochs.</param>
internal sealed record FrozenParameters(IReadOnlySet<string> Always, IReadOnlySet<string> AtFirst, int Epochs)
{
    /// <summary>All train.</summary>
    public static FrozenParameters None { get; } = new(new HashSet<string>(), new HashSet<string>(), 0);

    /// <summary>Tells a network's parameters for how many steps they keep their values.</summary>
    /// <param name="network">The network.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <returns>Those that do so to the end.</returns>
    public IReadOnlySet<Parameter> Apply(Network network, int stepsPerEpoch)
    {
        foreach (Parameter parameter in network.Parameters)
        {
            parameter.FrozenSteps = AtFirst.Contains(parameter.Name) ? (long)Epochs * stepsPerEpoch : 0;
        }

        return network.Parameters.Where(parameter => Always.Contains(parameter.Name)).ToHashSet();
    }
}
