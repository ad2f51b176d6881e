using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <content>Options.</content>
public sealed partial class MlpRegressionTrainer
{
    /// <summary>How to train. The label is a Single, or a vector of Single for several targets.</summary>
    public sealed class Options : MlpTrainerOptions, IRegressionOptions
    {
        /// <inheritdoc/>
        [Choice(RegressionLoss.SquaredError, RegressionLoss.Huber)]
        public RegressionLoss Loss { get; set; } = RegressionLoss.SquaredError;

        /// <inheritdoc/>
        [Range(0.1, 10.0, init: 1.0, logBase: true)]
        public float HuberDelta { get; set; } = 1f;

        /// <inheritdoc/>
        [BooleanChoice(defaultValue: true)]
        public bool StandardizeLabel { get; set; } = true;

        private protected override bool PredictsNumbers => true;
    }
}
