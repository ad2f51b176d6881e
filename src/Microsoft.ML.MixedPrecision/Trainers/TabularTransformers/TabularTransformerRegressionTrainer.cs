using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a Transformer on the rows of a table (FT-Transformer) for regression, of one target or several, on the GPU or the
/// CPU, in mixed precision.</summary>
/// <remarks>
/// <para>The loss is <see cref="Options.Loss"/>, averaged over the targets.
/// <see cref="TabularTransformerTrainerOptions"/> has the network's formulas, shapes and source.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Regression</description></item>
/// <item><term>Is normalization required?</term><description>No: the trainer scales features itself
/// (<see cref="TableTrainerOptions.FeatureScaling"/>)</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>Single, or vector of Single of known size; rows with NaN are left out, counted and
/// logged</description></item>
/// <item><term>features, in</term><description>vector of Single of known size, or several columns
/// (<see cref="TableTrainerOptions.FeatureColumnNames"/>)</description></item>
/// <item><term>categories, in, optional</term><description>keys
/// (<see cref="TableTrainerOptions.CategoricalColumnNames"/>)</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term>out</term><description><c>Score</c>, Single or vector of Single, as the label, in the label's units</description></item>
/// </list>
/// </remarks>
public sealed class TabularTransformerRegressionTrainer : NetworkTrainer<NetworkRegressionTransformer, NetworkRegressionModelParameters>
{
    internal TabularTransformerRegressionTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(TabularTransformerRegressionTrainer), RegressionTask.Of(Checked(options)))
    {
    }

    /// <summary>How to train. The label is a Single, or a vector of Single for several targets.</summary>
    public sealed class Options : TabularTransformerTrainerOptions, IRegressionOptions
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
