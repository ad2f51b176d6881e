using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <content>Options.</content>
public sealed partial class MlpBinaryTrainer
{
    /// <summary>How to train. The label is a Boolean.</summary>
    public sealed class Options : MlpTrainerOptions, IBinaryOptions
    {
        /// <inheritdoc/>
        [Range(0.1, 10.0, init: 1.0, logBase: true)]
        public float PositiveClassWeight { get; set; } = 1f;

        /// <inheritdoc/>
        [Range(0.0, 0.3)]
        public float LabelSmoothing { get; set; }
    }
}
