using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What trainers of all families of networks have in common.</summary>
/// <typeparam name="TTransformer">What <c>Fit</c> gives; the task decides.</typeparam>
/// <typeparam name="TModel">Its model parameters.</typeparam>
/// <remarks>
/// The loss is averaged over the rows of a step. The rows are read once, kept in the format that the network computes in, and shuffled anew
/// each epoch. The options say what the network is: <see cref="MlpTrainerOptions"/> for multilayer perceptrons.
/// </remarks>
public abstract class NetworkTrainer<TTransformer, TModel> : TrainerEstimatorBase<TTransformer, TModel>, IEstimator<TTransformer>
    where TTransformer : NetworkTransformer<TModel>
    where TModel : class
{
    private readonly NetworkTrainerOptions _options;
    private readonly NetworkFamily _family;
    private readonly int? _contextSeed;

    private protected NetworkTrainer(IHostEnvironment env, string name, NetworkTask<TTransformer, TModel> task)
        : base(
            env.Register(name),
            TrainerUtils.MakeR4VecFeature(task.Options.CreateFamily().FeatureColumn),
            task.Label,
            TrainerUtils.MakeR4ScalarWeightColumn(task.Options.ExampleWeightColumnName))
    {
        task.Check();
        task.CheckBestEpochMetric();
        Task = task;
        _options = task.Options;
        _family = _options.CreateFamily();
        Roles = new ColumnRoles(_family.FeatureColumn, _options.LabelColumnName, _options.ExampleWeightColumnName, task.LabelKind)
        {
            Places = _family.PlacesColumn,
        };
        Context = env;
        _contextSeed = (env as IHostEnvironmentInternal)?.Seed;
    }

    /// <inheritdoc/>
    public override TrainerInfo Info
        => new(
            normalization: _family.WantsNormalization,
            caching: false,
            supportValid: true,
            supportIncrementalTrain: true);

    /// <summary>What the trainer was made in, mostly the <c>MLContext</c>: it remembers what its log has said.</summary>
    internal IHostEnvironment Context { get; private protected init; }

    /// <summary>Its host, for a trainer of the same options and another task.</summary>
    internal IHost FitHost => Host;

    /// <summary>What it trains for.</summary>
    internal NetworkTask<TTransformer, TModel> Task { get; }

    /// <summary>What it reads.</summary>
    private ColumnRoles Roles { get; }

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
    /// stop (<see cref="NetworkTrainerOptions.EarlyStoppingPatience"/>).</summary>
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
    /// <param name="previousModel">The model, of the same layers; it is not changed. Features are scaled as it scales them, or not at all
    /// where it does not.</param>
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
        ArgumentNullException.ThrowIfNull(inputSchema);
        SchemaShape mapped = inputSchema.TryFindColumn(Roles.Features, out _)
            ? inputSchema
            : _family.CreateMapper(Host)?.GetOutputSchema(inputSchema) ?? inputSchema;
        Roles.Check(mapped);
        return base.GetOutputSchema(mapped);
    }

    /// <summary>Whether data need a mapper to have the column that the network reads.</summary>
    /// <param name="schema">The data's columns.</param>
    internal bool Maps(DataViewSchema schema)
        => schema.GetColumnOrNull(Roles.Features) is null && _family.CreateMapper(Host) is not null;

    /// <summary>Options that are within their ranges, as a copy.</summary>
    /// <typeparam name="TOptions">Their type.</typeparam>
    private protected static TOptions Checked<TOptions>(TOptions options)
        where TOptions : NetworkTrainerOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsCheck.ThrowIfInvalid(options);
        return (TOptions)options.Copy();
    }

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => Task.PredictionKind;

    /// <inheritdoc/>
    protected override SchemaShape.Column[] GetOutputColumnsCore(SchemaShape inputSchema)
    {
        inputSchema.TryFindColumn(Roles.Label, out SchemaShape.Column label);
        return [.. Task.Outputs(label)];
    }

    /// <inheritdoc/>
    protected override TTransformer MakeTransformer(TModel model, DataViewSchema trainSchema)
        => Task.Transformer(Host, model, trainSchema, Roles);

    /// <inheritdoc/>
    protected override TModel TrainModelCore(TrainContext trainContext)
        => TrainModel(
            trainContext.TrainingSet.Data,
            trainContext.ValidationSet?.Data,
            (trainContext.InitialPredictor as INetworkModel)?.Network.Network,
            mapper: null);

    /// <inheritdoc/>
    protected override void CheckLabelCompatible(SchemaShape.Column labelCol) => Roles.CheckLabel(labelCol);

    /// <summary>A seed that no one chose, and that another process would not draw again.</summary>
    private int RandomSeed() => _options.Checkpoint is null
        ? Host.Rand.Next()
        : throw new InvalidOperationException($"{nameof(NetworkTrainerOptions.Checkpoint)} is set, but no seed: a fit that is started "
            + $"again would draw another one, and never find its checkpoints. Set {nameof(NetworkTrainerOptions.Seed)}, or give the "
            + $"MLContext a seed.");

    private IDataView Single(IDataView validationData) => _options.ValidationSet is null && _options.ValidationFraction is null or 0
        ? validationData
        : throw new ArgumentException($"There are validation rows by {nameof(NetworkTrainerOptions.ValidationSet)} or "
            + $"{nameof(NetworkTrainerOptions.ValidationFraction)} already; leave those unset, or call Fit with the training rows alone.",
            nameof(validationData));

    private void CheckSameClasses(DataViewSchema previous, DataViewSchema now)
    {
        if (Roles.LabelKind is LabelKind.Key or LabelKind.Keys
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
        ITransformer? mapper = trainData.Schema.GetColumnOrNull(Roles.Features) is null
            ? previousModel?.Mapper ?? _family.CreateMapper(Host)?.Fit(trainData)
            : null;
        IDataView rows = Mapped(trainData, mapper);
        Roles.Check(SchemaShape.Create(rows.Schema));
        IDataView? validationRows = validationData is null ? null : Mapped(validationData, mapper);
        if (validationRows is not null)
        {
            (Roles with { AreOfValidation = true }).Check(SchemaShape.Create(validationRows.Schema));
        }

        if (previousModel is not null)
        {
            CheckSameClasses(previousModel.TrainSchema, rows.Schema);
        }

        TModel model = TrainModel(rows, validationRows, (previousModel?.Model as INetworkModel)?.Network.Network, mapper);
        return Fitted(model, rows.Schema, mapper);
    }

    /// <exception cref="ArgumentException">Validation rows or a previous model are given to a fit of several networks.</exception>
    private void CheckBags(bool validates, Network? previous)
    {
        if (previous is { IsEnsemble: true })
        {
            throw new ArgumentException($"The previous model is the mean of {previous.OutputLayers.Count} networks (Bags); training can go "
                + "on from a single one only. Train without a previous model.");
        }

        if (_options.Bags > 1 && (validates || previous is not null))
        {
            string what = previous is null ? "validation rows are" : "a previous model is";
            throw new ArgumentException($"Bags is {_options.Bags}, and {what} given; each of several networks starts anew and validates on "
                + "a part of the training rows. Set Bags to 1, or call Fit with the training rows alone.");
        }
    }

    private TTransformer Fitted(TModel model, DataViewSchema schema, ITransformer? mapper)
    {
        TTransformer fitted = MakeTransformer(model, schema);
        fitted.Mapper = mapper;
        fitted.InvalidFeatures = _family.InvalidFeatures;
        return fitted;
    }

    private IDataView Mapped(IDataView data, ITransformer? mapper)
        => mapper is null || data.Schema.GetColumnOrNull(Roles.Features) is not null ? data : mapper.Transform(data);

    private TModel TrainModel(IDataView trainData, IDataView? validationData, Network? previous, ITransformer? mapper)
    {
        CheckBags(validationData is not null, previous);
        int seed = _options.Seed ?? _contextSeed ?? RandomSeed();
        using IChannel channel = Host.Start("Training");
        try
        {
            var log = new TrainingLog(Context, channel);
            var runs = new FitRuns(channel, _options, refit => new(Host, channel, _options, _family, Task, Roles, seed)
            {
                Log = log,
                Mapper = mapper ?? _family.MadeBy,
                Refit = refit,
            });
            (Network network, TrainingResult result) = runs.Run(trainData, validationData, previous);
            return Model(network, result, trainData.Schema);
        }
        catch (OperationCanceledException canceled) when (UnfinishedRun.Of(canceled) is { IsCanceled: true } run)
        {
            throw new TrainingCanceledException(canceled, run.Result, Unfinished(run, trainData.Schema, mapper));
        }
        catch (Exception error) when (UnfinishedRun.Of(error) is { Network: not null } run)
        {
            UnfinishedModel.Attach(error, Unfinished(run, trainData.Schema, mapper)!);
            throw;
        }
    }

    private TModel Model(Network network, TrainingResult result, DataViewSchema schema)
        => Task.Model(Host, network, result, schema[Roles.Label].Type);

    /// <summary>The model of a training that was cancelled or failed; null where its weights are not kept.</summary>
    private TTransformer? Unfinished(UnfinishedRun run, DataViewSchema schema, ITransformer? mapper)
        => run.Network is null ? null : Fitted(Model(run.Network, run.Result, schema), schema, mapper);
}
