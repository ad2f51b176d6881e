using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a Transformer on texts, or pairs of texts, for binary classification, on the GPU or the CPU, in mixed
/// precision.</summary>
/// <remarks>
/// <para>The loss is the binary cross-entropy of the network's output. Texts are cut into tokens inside the trainer; the model holds the
/// vocabulary.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Binary classification</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once, and once
/// before for a vocabulary that is trained</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, from the column of tokens on, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>Boolean</description></item>
/// <item><term>text, in, one or two</term><description>text; a missing one counts as empty</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term>tokens, out</term><description>vector of Single, named <c>Tokens(…)</c> by its texts: of each token its id and 1 more, 0
/// behind the last</description></item>
/// <item><term>out</term><description><c>Score</c>, Single: the logit; <c>Probability</c>, Single; <c>PredictedLabel</c>,
/// Boolean</description></item>
/// </list>
/// </remarks>
public sealed class TextBinaryTrainer : NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters>
{
    internal TextBinaryTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(TextBinaryTrainer), BinaryTask.Of(Checked(options)))
    {
    }

    /// <summary>How to train. The label is a Boolean.</summary>
    public sealed class Options : TextTrainerOptions, IBinaryOptions
    {
        /// <inheritdoc/>
        [Range(0.1, 10.0, init: 1.0, logBase: true)]
        public float PositiveClassWeight { get; set; } = 1f;

        /// <inheritdoc/>
        [Range(0.0, 0.3)]
        public float LabelSmoothing { get; set; }
    }
}
