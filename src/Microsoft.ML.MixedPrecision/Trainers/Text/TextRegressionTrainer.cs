using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a Transformer on texts, or pairs of texts, for regression, on the GPU or the CPU, in mixed precision.</summary>
/// <remarks>
/// <para>The loss is the squared error, or Huber's. Texts are cut into tokens inside the trainer; the model holds the vocabulary.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Regression</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once, and once
/// before for a vocabulary that is trained</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, from the column of tokens on, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>Single, or a vector of Single of known size for several targets; rows without a value are
/// left out</description></item>
/// <item><term>text, in, one or two</term><description>text; a missing one counts as empty</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term>tokens, out</term><description>vector of Single, named <c>Tokens(…)</c> by its texts: of each token its id and 1 more, 0
/// behind the last</description></item>
/// <item><term>out</term><description><c>Score</c>, Single or vector of Single, in units of the label</description></item>
/// </list>
/// </remarks>
public sealed class TextRegressionTrainer : NetworkTrainer<NetworkRegressionTransformer, NetworkRegressionModelParameters>
{
    internal TextRegressionTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(TextRegressionTrainer), RegressionTask.Of(Checked(options)))
    {
    }

    /// <summary>How to train. The label is a Single, or a vector of Single for several targets.</summary>
    public sealed class Options : TextTrainerOptions, IRegressionOptions
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
    }
}
