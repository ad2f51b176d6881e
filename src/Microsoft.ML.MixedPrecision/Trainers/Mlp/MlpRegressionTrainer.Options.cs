using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <content>Options.</content>
public sealed partial class MlpRegressionTrainer
{
    /// <summary>How to train. The label is a Single, or a vector of Single for several targets.</summary>
    public sealed class Options : MlpTrainerOptions
    {
        /// <summary>What is made small.</summary>
        [Choice(RegressionLoss.SquaredError, RegressionLoss.Huber)]
        public RegressionLoss Loss { get; set; } = RegressionLoss.SquaredError;

        /// <summary>δ of <see cref="RegressionLoss.Huber"/>, in standard deviations of the label where it is standardized, else in its own
        /// units; above 0.</summary>
        [Range(0.1, 10.0, init: 1.0, logBase: true)]
        public float HuberDelta { get; set; } = 1f;

        /// <summary>
        /// Whether the network learns (label − mean)/deviation, mean and deviation being those of the training rows, target by target, and
        /// its last layer is
        /// scaled back afterwards: labels of any size then train well, in Float16 too. Losses are reported of what the network learns.
        /// </summary>
        [BooleanChoice(defaultValue: true)]
        public bool StandardizeLabel { get; set; } = true;
    }
}
