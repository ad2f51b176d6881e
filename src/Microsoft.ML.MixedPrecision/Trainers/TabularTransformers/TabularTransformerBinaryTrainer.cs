using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a Transformer on the rows of a table (FT-Transformer) for binary classification, on the GPU or the CPU, in mixed
/// precision.</summary>
/// <remarks>
/// <para>The loss is the binary cross-entropy of the network's output.
/// <see cref="TabularTransformerTrainerOptions"/> has the network's formulas, shapes and source.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Binary classification</description></item>
/// <item><term>Is normalization required?</term><description>No: the trainer scales features itself
/// (<see cref="TableTrainerOptions.FeatureScaling"/>)</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>Boolean</description></item>
/// <item><term>features, in</term><description>vector of Single of known size, or several columns
/// (<see cref="TableTrainerOptions.FeatureColumnNames"/>)</description></item>
/// <item><term>categories, in, optional</term><description>keys
/// (<see cref="TableTrainerOptions.CategoricalColumnNames"/>)</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term>out</term><description><c>Score</c>, Single: the logit; <c>Probability</c>, Single; <c>PredictedLabel</c>,
/// Boolean</description></item>
/// </list>
/// </remarks>
public sealed class TabularTransformerBinaryTrainer : NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters>
{
    internal TabularTransformerBinaryTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(TabularTransformerBinaryTrainer), BinaryTask.Of(Checked(options)))
    {
    }

    /// <summary>How to train. The label is a Boolean.</summary>
    public sealed class Options : TabularTransformerTrainerOptions, IBinaryOptions
    {
        /// <inheritdoc/>
        [Range(0.1, 10.0, init: 1.0, logBase: true)]
        public float PositiveClassWeight { get; set; } = 1f;

        /// <inheritdoc/>
        [Range(0.0, 0.3)]
        public float LabelSmoothing { get; set; }
    }
}
