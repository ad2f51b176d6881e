using System.Text.Json.Serialization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What the trainers of all families of networks let choose: what is predicted, precision, optimizer, course, machine. All values
/// are properties, so that a search space can be read off and written back as JSON; what is code or data is left out of it.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>option</term><description>default</description></listheader>
/// <item><term>precision</term><description>chosen by device: Float32 on the CPU; loss scaling where it is needed</description></item>
/// <item><term>optimizer</term><description>AdamW, learning rate 1e-3, constant, decay 1e-2 on weights, β 0.9 and 0.999, ε 1e-8; no
/// clipping</description></item>
/// <item><term>course</term><description>a tenth of 200 rows or more validates: then at most 256 epochs, and 16 without a smaller
/// validation loss end training with the best weights; else 30 epochs. Batches of 64 rows, larger with many rows
/// (<see cref="BatchSize"/>); skipped steps run again in at most 16 passes</description></item>
/// <item><term>machine</term><description>the best device, all cores, the seed of the <c>MLContext</c></description></item>
/// </list>
/// <para>
/// Every option can be read from a configuration by <c>Microsoft.Extensions.Configuration.Binder</c>: names in any case, enums by name,
/// <see cref="Precision"/>,
/// <see cref="LossScaling"/> and <see cref="Device"/> as their <c>Parse</c> reads them, <see cref="MlpTrainerOptions.HiddenLayers"/> as a
/// list or as text, numbers with a point.
/// Set <c>ErrorOnUnknownConfiguration</c>, as below: without it the binder passes over keys that no option has, such as a slip in a name,
/// and over items of lists
/// that are no numbers. Several sources that hold the same list are merged item by item; write the widths as text, <c>"128, 64"</c>, where
/// one shall
/// replace the other. Class names with a colon cannot be keys of a configuration. Binding that is generated at compile time
/// (<c>EnableConfigurationBindingGenerator</c>) reads no types of others from text and warns of it (SYSLIB1100): leave it off.
/// </para>
/// <para>
/// For those who add options: some names are kept, each for one meaning, so that no other option may take them.
/// <c>Devices</c>, a list of <see cref="ComputeDevice"/> beside <see cref="Device"/>, of which one is set; <c>FeatureColumnNames</c>, a
/// list of names beside a family's <c>FeatureColumnName</c>; <c>AutoBatchSize</c>, a Boolean beside <see cref="BatchSize"/>; and
/// <see cref="Checkpoint"/>, which exists.
/// </para>
/// </remarks>
/// <example>
/// The section <c>"Training": { "HiddenLayers": [128, 64], "Precision": "mixed_bfloat16", "LossScaling": "auto", "Device": "cpu", "Epochs":
/// 20 }</c> of <c>appsettings.json</c>:
/// <code>
/// using Microsoft.Extensions.Configuration;
/// using Microsoft.ML;
/// using Microsoft.ML.MixedPrecision;
///
/// IConfiguration configuration = new ConfigurationBuilder()
///     .SetBasePath(Directory.GetCurrentDirectory())
///     .AddJsonFile("appsettings.json")
///     .Build();
/// MlpBinaryTrainer.Options options = configuration.GetSection("Training")
///     .Get&lt;MlpBinaryTrainer.Options&gt;(binder =&gt; binder.ErrorOnUnknownConfiguration = true)
///     ?? throw new InvalidOperationException("The configuration has no section 'Training'.");
/// MlpBinaryTrainer trainer = new MLContext(seed: 1).MixedPrecision().Trainers.MlpBinary(options);
/// </code>
/// </example>
public abstract partial class NetworkTrainerOptions
{
    private protected NetworkTrainerOptions()
    {
    }

    /// <summary>Column of what is to be predicted; the trainer says of which type. Rows without a value are left out.</summary>
    public string LabelColumnName { get; set; } = DefaultColumnNames.Label;

    /// <summary>Column of the row's weight, a Single, by which its loss is multiplied; null if all rows weigh 1. The loss of a step is Σ
    /// wᵢℓᵢ ÷ rows, not ÷ Σ wᵢ: weights that are all multiplied by a constant multiply the loss by it.</summary>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>Formats that the network computes in.</summary>
    public PrecisionPolicy Precision { get; set; } = PrecisionPolicy.Auto;

    /// <summary>How the loss is scaled, so that small Float16 gradients do not become 0.</summary>
    public LossScaling LossScaling { get; set; } = LossScaling.Auto;

    /// <summary>How gradients change weights.</summary>
    [Choice(OptimizerKind.AdamW, OptimizerKind.Sgd)]
    public OptimizerKind Optimizer { get; set; } = OptimizerKind.AdamW;

    /// <summary>Largest norm of the gradient, in true units whatever the loss scale; larger ones are scaled down to it. Null for no such
    /// clipping.</summary>
    public float? ClipNorm { get; set; }

    /// <summary>Largest size of a gradient's elements, in true units whatever the loss scale. Null for no such clipping.</summary>
    public float? ClipValue { get; set; }

    /// <summary>Seed of weights, order and split; null for that of the <c>MLContext</c>, or a random one if it has none.</summary>
    public int? Seed { get; set; }

    /// <summary>Threads to compute with, from 1 to 1024; null for all cores. Results do not depend on it.</summary>
    public int? NumberOfThreads { get; set; }

    /// <summary>
    /// Bytes of rows kept in main memory, training and validation rows together; what is more goes to a temporary file in
    /// <c>MLContext.TempFilePath</c>
    /// that is gone when <c>Fit</c> ends, in whatever way. Null for half of what the process may use.
    /// </summary>
    public long? MemoryLimit { get; set; }

    /// <summary>Where to compute.</summary>
    public ComputeDevice Device { get; set; } = ComputeDevice.Auto;

    /// <summary>
    /// Rows to validate on after each epoch, already transformed like the training rows; all training rows train then, and these tell when
    /// to stop
    /// (<see cref="EarlyStoppingPatience"/>). Null for a share of the training rows.
    /// </summary>
    [JsonIgnore]
    public IDataView? ValidationSet { get; set; }

    /// <summary>
    /// Share of the labelled training rows that validates instead of training, from 0, none, to below 1. Null for a tenth where there are
    /// at least 200 rows and no validation
    /// set, else none; the log says which.
    /// </summary>
    /// <remarks>
    /// Of labels that are classes each class gives its share, as nearly as whole rows allow, and keeps at least one row to train on; where
    /// labels are numbers, rows are drawn at
    /// random. The seed decides which, on every machine alike. Rows held back count neither in training nor in what is learned of labels
    /// and features before.
    /// </remarks>
    public float? ValidationFraction { get; set; }

    /// <summary>By which figure of the validation rows the best epoch is chosen: the loss, for classes also the accuracy or the area under
    /// the curve, for numbers the root of the mean squared error.</summary>
    [Choice(BestEpochMetric.Loss, BestEpochMetric.Accuracy, BestEpochMetric.Auc, BestEpochMetric.Rmse)]
    public BestEpochMetric BestEpochMetric { get; set; } = BestEpochMetric.Loss;

    /// <summary>What of several networks stands for the answer of one: probabilities where labels are classes, numbers where they
    /// are.</summary>
    internal MemberMeanKind Average => this switch
    {
        IMulticlassOptions => MemberMeanKind.LogMeanSoftmax,
        IBinaryOptions => MemberMeanKind.LogitMeanSigmoid,
        _ => MemberMeanKind.Mean,
    };

    /// <summary>
    /// Whether, where a share of the training rows validates (<see cref="ValidationFraction"/>), training begins anew on all rows for as
    /// many epochs as were best there, without validation. The model has seen every labelled row then, for about twice the time.
    /// </summary>
    /// <remarks>
    /// The second run is the one without validation: features, gaps and labels are prepared by what all rows are like, and the learning
    /// rate of each epoch is that of the first run. The data are read once more. Validation figures are those of the first run, which is in
    /// <see cref="TrainingResult.EarlierRuns"/>; observers and callbacks are told of both (<see cref="RunPlanned.Run"/>). A first run
    /// that is stopped (<see cref="StopToken"/>, <see cref="TrainingMetrics.RequestStop"/>) is not followed by a second; where the second
    /// is stopped, the model is the first one's. Where no training rows are held back it changes nothing, and a warning says so. Not
    /// together with <see cref="Checkpoint"/>.
    /// </remarks>
    public bool RefitOnAll { get; set; }

    /// <summary>
    /// Networks that are trained one after the other, from 1 to 100; the model is their mean. The labelled rows are divided into so many
    /// folds, of each class alike, and each network trains on all but one, which validates it.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Averaged are probabilities, or numbers where labels are; the model is one network, in one file. Network i starts from
    /// <see cref="Seed"/> + i, i from 0. How features, gaps and labels are scaled is learned from all labelled rows once, for all
    /// networks. <see cref="TrainingResult.OutOfFold"/> has the figures of the rows that each network had not trained on,
    /// <see cref="TrainingResult.EarlierRuns"/> the runs before the last; observers and callbacks are told of each
    /// (<see cref="RunPlanned.Run"/>). Where somebody stops a run, the model is the mean of those before it.
    /// </para>
    /// <para>
    /// Not together with <see cref="ValidationSet"/> or <see cref="ValidationFraction"/>, since each fold validates, nor with
    /// <see cref="RefitOnAll"/>, <see cref="Checkpoint"/>, or a previous model. Source: L. Breiman, "Bagging Predictors", 1996; with folds
    /// for samples: N. Erickson et al., "AutoGluon-Tabular", 2020.
    /// </para>
    /// </remarks>
    [Range(1, 16, init: 1, logBase: true)]
    public int Bags { get; set; } = 1;

    /// <summary>
    /// Steps from one measurement of the layers' value ranges to the next; the last step of every epoch is measured too. 0 for none.
    /// </summary>
    /// <remarks>The ranges are in <see cref="TrainingResult.Ranges"/>, are saved with the model, and tell an export to Float16 which layers
    /// to keep in Float32. Without them nothing
    /// is said of gradients that Float16 loses under too small a loss scale.</remarks>
    public int RangeProbeInterval { get; set; } = 100;

    /// <summary>
    /// Whether the history of training is saved with the model, for
    /// <see cref="MixedPrecisionExtensions.GetTraining(ITransformer)"/>. It takes some 40 KB of a model file with
    /// 2,000 steps or more, less with fewer, and more only where many steps were skipped.
    /// </summary>
    public bool SaveHistory { get; set; } = true;

    /// <summary>
    /// Most passes, at the end of an epoch, over the steps that were skipped in it because a value was not finite; at least 0, which is
    /// never. The rows of such a step run
    /// again under the loss scale reached by then, which each overflow lowers, so that rows with large weights or errors are learned too.
    /// </summary>
    /// <remarks>
    /// This holds under <see cref="LossScaling.Auto"/>, <see cref="LossScaling.Dynamic"/> and <see cref="LossScaling.Measured"/> where a
    /// layer is in Float16; a fixed scale and
    /// the presets of other libraries never run a step again. A committed step counts once for the learning rate's schedule, whichever
    /// attempt commits it. The passes end
    /// early when all steps are committed or another pass could change nothing; where nothing is skipped there are none. A step whose
    /// outputs or loss are not finite runs
    /// again once, since no scale changes them. If steps are skipped in all passes, a warning names their rows, and the loss scale returns
    /// to the smallest one of the epoch
    /// under which a step was committed.
    /// </remarks>
    public int RetryPasses { get; set; } = TrainingOptions.DefaultRetryPasses;

    /// <summary>
    /// Checkpoints, from which <c>Fit</c> goes on after its process has ended; null for none. Needs a seed, <see cref="Seed"/> or that of
    /// the <c>MLContext</c>.
    /// Not a part of the search space.
    /// </summary>
    public CheckpointOptions? Checkpoint { get; set; }

    /// <summary>Called after each epoch, on the thread that trains; may call <see cref="TrainingMetrics.RequestStop"/>.</summary>
    [JsonIgnore]
    public Action<TrainingMetrics>? MetricsCallback { get; set; }

    /// <summary>Told what happens in training, on the thread that trains: before the first step, as steps end, after each epoch, at the
    /// end. One that throws ends training with its exception.</summary>
    [JsonIgnore]
    public IReadOnlyList<IRunObserver> Observers { get; set; } = [];

    /// <summary>
    /// Stops training before its next step, and keeps what was learned: <c>Fit</c> returns the model. Its weights are those of the last
    /// step; where rows validate, the steps of the epoch that has begun are validated as an epoch, and the best weights are kept, that
    /// part included. A last checkpoint is left where there is <see cref="Checkpoint"/>, and a later <c>Fit</c> goes on from it as if it
    /// had not been stopped. While rows are read it is not looked at.
    /// </summary>
    [JsonIgnore]
    public CancellationToken StopToken { get; set; }

    /// <summary>Ends training with a <see cref="TrainingCanceledException"/>, after a last checkpoint where there is
    /// <see cref="Checkpoint"/>; while rows are read, with an <see cref="OperationCanceledException"/>. Looked at every 1024 rows that are
    /// read, before each step, and after the last epoch. See <see cref="StopToken"/> to get the model.</summary>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; set; }

    /// <summary>
    /// Whether a training that is cancelled or fails keeps its model, for <see cref="TrainingCanceledException.Model"/> and
    /// <see cref="MixedPrecisionExtensions.GetModel"/>: with the best weights so far where rows validated, else those of the last step that
    /// was committed. The exception then holds the model's memory.
    /// </summary>
    public bool KeepUnfinishedModel { get; set; }

    /// <summary>A copy that later changes of this object do not reach.</summary>
    internal virtual NetworkTrainerOptions Copy()
    {
        var copy = (NetworkTrainerOptions)MemberwiseClone();
        copy.Checkpoint = Checkpoint?.Copy();
        copy.Observers = [.. Observers];
        if (copy is IMulticlassOptions { ClassWeights: { } weights } classes)
        {
            classes.ClassWeights = new Dictionary<string, float>(weights);
        }

        return copy;
    }

    /// <summary>The family, with these options.</summary>
    internal abstract NetworkFamily CreateFamily();
}
