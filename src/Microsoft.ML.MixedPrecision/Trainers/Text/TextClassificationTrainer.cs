using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a Transformer on texts, or pairs of texts, for multiclass classification, on the GPU or the CPU, in mixed
/// precision.</summary>
/// <remarks>
/// <para>The loss is the cross-entropy of the softmax of the network's outputs. Texts are cut into tokens inside the trainer; the model
/// holds the vocabulary.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Multiclass classification</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once, and once
/// before for a vocabulary that is trained</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, from the column of tokens on, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>key of UInt32; rows without one are left out, counted and logged</description></item>
/// <item><term>text, in, one or two</term><description>text; a missing one counts as empty</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term>tokens, out</term><description>vector of Single, named <c>Tokens(…)</c> by its texts: of each token its id and 1 more, 0
/// behind the last</description></item>
/// <item><term>out</term><description><c>Score</c>, vector of Single: probability of each class, slot names as the label's values;
/// <c>PredictedLabel</c>, key like the label's</description></item>
/// </list>
/// </remarks>
public sealed class TextClassificationTrainer : NetworkTrainer<NetworkMulticlassTransformer, NetworkMulticlassModelParameters>
{
    internal TextClassificationTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(TextClassificationTrainer), MulticlassTask.Of(Checked(options)))
    {
    }

    /// <summary>How to train. The label is a key of UInt32.</summary>
    public sealed class Options : TextTrainerOptions, IMulticlassOptions
    {
        /// <inheritdoc/>
        public IReadOnlyDictionary<string, float>? ClassWeights { get; set; }

        /// <inheritdoc/>
        [Range(0.0, 0.3)]
        public float LabelSmoothing { get; set; }
    }
}
