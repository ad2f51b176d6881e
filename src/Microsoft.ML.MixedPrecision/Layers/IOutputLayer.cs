using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>
/// A layer that a network's scores come from: each is a sum of products and a bias. A factor and a shift of the scores can so become a part
/// of it; where there are members, of all, since their mean then is the changed one too.
/// </summary>
internal interface IOutputLayer
{
    /// <summary>Name of the layer.</summary>
    string Name { get; }

    /// <summary>A row of weights for each output, or for each output of each member, one member's after the other's.</summary>
    Parameter Weight { get; }

    /// <summary>A number for each row of weights, in their order.</summary>
    Parameter Bias { get; }
}
