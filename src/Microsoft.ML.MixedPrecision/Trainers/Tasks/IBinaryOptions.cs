using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What trainers that answer yes or no let choose besides what all do, whatever their family of networks. The label is a
/// Boolean.</summary>
public interface IBinaryOptions
{
    /// <summary>Factor of the weights of rows whose label is true; above 0. The number of false rows ÷ that of true ones balances the two.
    /// The loss is still divided by the number of rows, not by the sum of the weights.</summary>
    [Range(0.1, 10.0, init: 1.0, logBase: true)]
    float PositiveClassWeight { get; set; }

    /// <summary>ε of the targets 1 − ε/2 for true and ε/2 for false; from 0 to below 1. Validation measures without it.</summary>
    /// <remarks>The weight of a true row multiplies the whole of its loss; <c>pos_weight</c> of PyTorch's <c>BCEWithLogitsLoss</c>
    /// multiplies the true share of each target alone.</remarks>
    [Range(0.0, 0.3)]
    float LabelSmoothing { get; set; }
}
