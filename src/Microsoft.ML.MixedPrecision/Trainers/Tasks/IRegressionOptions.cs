using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What trainers that estimate numbers let choose besides what all do, whatever their family of networks. The label is a Single,
/// or
/// a vector of Single for several targets.</summary>
public interface IRegressionOptions
{
    /// <summary>What is made small.</summary>
    [Choice(RegressionLoss.SquaredError, RegressionLoss.Huber)]
    RegressionLoss Loss { get; set; }

    /// <summary>δ of <see cref="RegressionLoss.Huber"/>, in standard deviations of the label where it is standardized, else in its own
    /// units; above 0.</summary>
    [Range(0.1, 10.0, init: 1.0, logBase: true)]
    float HuberDelta { get; set; }

    /// <summary>
    /// Whether the network learns (label − mean)/deviation, mean and deviation being those of the training rows, target by target, and its
    /// last layer is scaled back afterwards: labels of any size then train well, in Float16 too. Losses are reported of what the network
    /// learns.
    /// </summary>
    [BooleanChoice(defaultValue: true)]
    bool StandardizeLabel { get; set; }
}
