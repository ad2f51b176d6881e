using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a Transformer on the rows of a table (FT-Transformer) for multiclass classification, on the GPU or the CPU, in mixed
/// precision.</summary>
/// <remarks>
/// <para>The loss is the cross-entropy of the softmax of the network's outputs.
/// <see cref="TabularTransformerTrainerOptions"/> has the network's formulas, shapes and source.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Multiclass classification</description></item>
/// <item><term>Is normalization required?</term><description>No: the trainer scales features itself
/// (<see cref="TableTrainerOptions.FeatureScaling"/>)</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>key of UInt32; rows without one are left out, counted and logged</description></item>
/// <item><term>features, in</term><description>vector of Single of known size, or several columns
/// (<see cref="TableTrainerOptions.FeatureColumnNames"/>)</description></item>
/// <item><term>categories, in, optional</term><description>keys
/// (<see cref="TableTrainerOptions.CategoricalColumnNames"/>)</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term>out</term><description><c>Score</c>, vector of Single: probability of each class; <c>PredictedLabel</c>, key like the
/// label's</description></item>
/// </list>
/// </remarks>
public sealed class TabularTransformerMulticlassTrainer : NetworkTrainer<NetworkMulticlassTransformer, NetworkMulticlassModelParameters>
{
    internal TabularTransformerMulticlassTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(TabularTransformerMulticlassTrainer), MulticlassTask.Of(Checked(options)))
    {
    }

    /// <summary>How to train. The label is a key of UInt32.</summary>
    public sealed class Options : TabularTransformerTrainerOptions, IMulticlassOptions
    {
        /// <inheritdoc/>
        public IReadOnlyDictionary<string, float>? ClassWeights { get; set; }

        /// <inheritdoc/>
        [Range(0.0, 0.3)]
        public float LabelSmoothing { get; set; }
    }
}
