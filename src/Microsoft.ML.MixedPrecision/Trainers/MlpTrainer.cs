using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What trainers of multilayer perceptrons have in common.</summary>
/// <typeparam name="TTransformer">What <c>Fit</c> gives.</typeparam>
/// <typeparam name="TModel">Its model parameters.</typeparam>
/// <remarks>
/// Each hidden layer computes y = f(x·Wᵀ + b), or y = f(norm(x·Wᵀ + b)) where <see cref="MlpTrainerOptions.Normalization"/> asks for it;
/// the last layer
/// computes x·Wᵀ + b. The loss is averaged over the rows of a step. The rows are read once, scaled
/// (<see cref="MlpTrainerOptions.FeatureScaling"/>), kept in the format that the
/// network computes in, and shuffled anew each epoch.
/// </remarks>
public abstract class MlpTrainer<TTransformer, TModel> : TrainerEstimatorBase<TTransformer, TModel>, IEstimator<TTransformer>
    where TTransformer : MlpTransformer<TModel>
    where TModel : class
{
    private readonly MlpTrainerOptions _options;
    private readonly MlpTask _task;
    private readonly int? _contextSeed;

    private protected MlpTrainer(IHostEnvironment env, string name, MlpTrainerOptions options, MlpTask task, SchemaShape.Column label)
        : base(
            env.Register(name),
            TrainerUtils.MakeR4VecFeature(options.FeatureColumnName),
            label,
            TrainerUtils.MakeR4ScalarWeightColumn(options.ExampleWeightColumnName))
    {
        _options = options;
        _task = task;
        Roles = new ColumnRoles(options.FeatureColumnName, options.LabelColumnName, options.ExampleWeightColumnName, task.LabelKind);
        Context = env;
        _contextSeed = (env as IHostEnvironmentInternal)?.Seed;
    }

    /// <inheritdoc/>
    public override TrainerInfo Info
        => new(
            normalization: _options.FeatureScaling == FeatureScaling.None,
            caching: false,
            supportValid: true,
            supportIncrementalTrain: true);

    /// <summary>What the trainer was made in, mostly the <c>MLContext</c>: it remembers what its log has said.</summary>
    private protected IHostEnvironment Context { get; init; }

    /// <summary>The columns that it reads.</summary>
    private protected ColumnRoles Roles { get; }

    /// <summary>Trains.</summary>
    /// <param name="input">Training rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidOperationException">The rows cannot be trained on; the message names column and row.</exception>
    /// <exception cref="NotSupportedException">The device asked for is not there.</exception>
    /// <exception cref="TrainingCanceledException">The token or the context was cancelled after training had begun; before, the exception
    /// is an <see cref="OperationCanceledException"/>.</exception>
    /// <remarks>An exception of an observer or a callback is thrown as it is. What was learned before any exception travels with it:
    /// <see cref="MixedPrecisionExtensions.GetTraining(Exception)"/>.</remarks>
    public new TTransformer Fit(IDataView input) => Train(input, _options.ValidationSet, null);

    /// <summary>Trains, and validates after each epoch: the validation rows replace the tenth that is held back otherwise, and tell when to
    /// stop (<see cref="MlpTrainerOptions.EarlyStoppingPatience"/>).</summary>
    /// <param name="trainData">Training rows, all of which train.</param>
    /// <param name="validationData">Validation rows, transformed by the same fitted transformers.</param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public TTransformer Fit(IDataView trainData, IDataView validationData)
    {
        ArgumentNullException.ThrowIfNull(validationData);
        return Train(trainData, Single(validationData), null);
    }

    /// <summary>Goes on from a trained model (warm start): its weights instead of random ones; moments, loss scale and schedule begin
    /// anew.</summary>
    /// <param name="trainData">Training rows, transformed by the same fitted transformers as those of the previous training.</param>
    /// <param name="validationData">Validation rows; null for those of the options, or a tenth of the training rows.</param>
    /// <param name="previousModel">The model, of the same hidden layers, activation, normalization and residual connections; it is not
    /// changed. Features are scaled as it scales them, or not at all where it does not.</param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public TTransformer Fit(IDataView trainData, IDataView? validationData, TTransformer previousModel)
    {
        ArgumentNullException.ThrowIfNull(previousModel);
        return Train(trainData, validationData is null ? _options.ValidationSet : Single(validationData), previousModel);
    }

    /// <summary>Columns of the fitted transformer's result.</summary>
    /// <param name="inputSchema">Shape of the data before.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public new SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Roles.Check(inputSchema);
        return base.GetOutputSchema(inputSchema);
    }

    /// <summary>Options that are within their ranges, as a copy.</summary>
    /// <typeparam name="TOptions">Their type.</typeparam>
    private protected static TOptions Checked<TOptions>(TOptions options)
        where TOptions : MlpTrainerOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsCheck.ThrowIfInvalid(options);
        return (TOptions)options.Copy();
    }

    /// <inheritdoc/>
    protected override TModel TrainModelCore(TrainContext trainContext)
    {
        int seed = _options.Seed ?? _contextSeed ?? RandomSeed();
        Network? previous = (trainContext.InitialPredictor as INetworkModel)?.Network.Network;
        using IChannel channel = Host.Start("Training");
        DataViewSchema schema = trainContext.TrainingSet.Data.Schema;
        try
        {
            (Network network, TrainingResult result) = new MlpTraining(Host, channel, _options, _task, Roles, seed)
            {
                Log = new TrainingLog(Context, channel),
            }.Run(
                trainContext.TrainingSet.Data,
                trainContext.ValidationSet?.Data,
                previous);
            return MakeModel(network, result, schema);
        }
        catch (OperationCanceledException canceled) when (UnfinishedRun.Of(canceled) is { IsCanceled: true } run)
        {
            throw new TrainingCanceledException(canceled, run.Result, Unfinished(run, schema));
        }
        catch (Exception error) when (UnfinishedRun.Of(error) is { Network: not null } run)
        {
            UnfinishedModel.Attach(error, Unfinished(run, schema)!);
            throw;
        }
    }

    /// <summary>The model of a training that was cancelled or failed; null where its weights are not kept.</summary>
    private TTransformer? Unfinished(UnfinishedRun run, DataViewSchema schema)
    {
        if (run.Network is null)
        {
            return null;
        }

        TTransformer model = MakeTransformer(MakeModel(run.Network, run.Result, schema), schema);
        model.InvalidFeatures = _options.InvalidFeatures;
        return model;
    }

    /// <inheritdoc/>
    protected override void CheckLabelCompatible(SchemaShape.Column labelCol) => Roles.CheckLabel(labelCol);

    /// <summary>Model parameters for a trained network.</summary>
    private protected abstract TModel MakeModel(Network network, TrainingResult result, DataViewSchema trainSchema);

    /// <summary>A seed that no one chose, and that another process would not draw again.</summary>
    private int RandomSeed() => _options.Checkpoint is null
        ? Host.Rand.Next()
        : throw new InvalidOperationException($"{nameof(MlpTrainerOptions.Checkpoint)} is set, but no seed: a fit that is started "
            + $"again would draw another one, and never find its checkpoints. Set {nameof(MlpTrainerOptions.Seed)}, or give the "
            + $"MLContext a seed.");

    private IDataView Single(IDataView validationData) => _options.ValidationSet is null && _options.ValidationFraction is null or 0
        ? validationData
        : throw new ArgumentException($"There are validation rows by {nameof(MlpTrainerOptions.ValidationSet)} or "
            + $"{nameof(MlpTrainerOptions.ValidationFraction)} already; leave those unset, or call Fit with the training rows alone.",
            nameof(validationData));

    private void CheckSameClasses(DataViewSchema previous, DataViewSchema now)
    {
        if (Roles.LabelKind == LabelKind.Key
            && previous.GetColumnOrNull(Roles.Label) is { } label
            && KeyValues.FirstDifference(label, now[Roles.Label]) is >= 0 and int different)
        {
            throw new ArgumentOutOfRangeException(nameof(now), $"In the label column '{Roles.Label}' key {different + 1} is not the "
                + $"class that it was when the previous model was trained. Transform the data with the fitted transformers of that "
                + $"training; a second MapValueToKey numbers the classes anew.");
        }
    }

    private TTransformer Train(IDataView trainData, IDataView? validationData, TTransformer? previousModel)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        Roles.Check(SchemaShape.Create(trainData.Schema));
        if (validationData is not null)
        {
            (Roles with { AreOfValidation = true }).Check(SchemaShape.Create(validationData.Schema));
        }

        if (previousModel is not null)
        {
            CheckSameClasses(previousModel.TrainSchema, trainData.Schema);
        }

        TTransformer fitted = TrainTransformer(trainData, validationData, previousModel?.Model as IPredictor);
        fitted.InvalidFeatures = _options.InvalidFeatures;
        return fitted;
    }
}
