using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <content>Options.</content>
public sealed partial class MlpMulticlassTrainer
{
    /// <summary>How to train. The label is a key of UInt32.</summary>
    public sealed class Options : MlpTrainerOptions, IMulticlassOptions
    {
        /// <inheritdoc/>
        public IReadOnlyDictionary<string, float>? ClassWeights { get; set; }

        /// <inheritdoc/>
        [Range(0.0, 0.3)]
        public float LabelSmoothing { get; set; }
    }
}
