using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Predicts with a trained network, whatever its family.</summary>
/// <typeparam name="TModel">The model parameters.</typeparam>
/// <remarks>
/// Rows are read ahead and scored 1024 at a time. On the CPU a row's scores have the same bits alone, in any batch and from a prediction
/// engine; on a GPU (see <see cref="ScoringDevice"/>) they agree with these within Float32's rounding of sums, about 1e-6.
/// Safe for many threads. <see cref="Dispose"/> frees caches only, so that other prediction engines on the same transformer go on.
/// </remarks>
public abstract partial class NetworkTransformer<TModel> : SingleFeaturePredictionTransformerBase<TModel>, ITransformer, IDisposable
    where TModel : class
{
    private const uint FirstVersion = 0x00010001;

    /// <summary>Of transformers with a mapper, which a reader of the first version would pass over.</summary>
    private const uint SecondVersion = 0x00010002;

    private protected NetworkTransformer(IHost host, TModel model, DataViewSchema trainSchema, string featureColumn)
        : base(host, model, trainSchema, featureColumn)
        => Network.FeatureColumn = FeatureColumnName;

    private protected NetworkTransformer(IHost host, ModelLoadContext ctx)
        : base(host, ctx)
    {
        Network.FeatureColumn = FeatureColumnName;
        Network.InvalidFeatures = InvalidFeaturesEntry.Load(ctx) ?? Network.InvalidFeatures; // Where earlier versions wrote it.
        LoadMapper(ctx);
    }

    /// <summary>
    /// What happened in training: history, memory plan, formats and their reasons. Of a model that was loaded what was saved with it, see
    /// <see cref="MixedPrecisionExtensions.GetTraining(ITransformer)"/>; null where nothing was.
    /// </summary>
    /// <exception cref="InvalidDataException">What was saved is not a training's, since the file was made by hand.</exception>
    public TrainingResult? Training => Network.Training;

    /// <summary>
    /// Where <see cref="Transform"/> scores: by default on the first NVIDIA GPU for views of a whole batch of rows or more and networks
    /// that are worth the way
    /// there, else on the CPU, as prediction engines always do. Not saved with the model.
    /// </summary>
    public ComputeDevice ScoringDevice
    {
        get => Network.ScoringDevice;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Network.ScoringDevice = value;
        }
    }

    /// <summary>
    /// What scoring does with a row whose features hold NaN or an infinity; as <see cref="TableTrainerOptions.InvalidFeatures"/> said in
    /// training.
    /// May be changed at any time, before scoring or between two predictions. Saved with the network, in a one-versus-all model too.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not one of the values.</exception>
    public InvalidFeatures InvalidFeatures
    {
        get => Network.InvalidFeatures;
        set => Network.InvalidFeatures = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value), value, $"{nameof(InvalidFeatures)} must be {string.Join(" or ", Enum.GetNames<InvalidFeatures>())}.");
    }

    /// <summary>The network of the model.</summary>
    internal NetworkModel Network => ((INetworkModel)Model).Network;

    /// <summary>The columns that it adds.</summary>
    private protected abstract ScoreColumns Columns { get; }

    /// <summary>Scores data, lazily, as the result is read.</summary>
    /// <param name="input">Data with the feature column that the model was trained on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The feature column is missing or of another type or size.</exception>
    public new IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        IDataView mapped = Mapped(input);
        CheckFeatures(mapped.Schema);
        return new ScoredDataView(
            Network,
            mapped,
            mapped.Schema[FeatureColumnName],
            (RowToRowScorerBase)Scorer.ApplyToData(Host, mapped),
            Columns);
    }

    /// <summary>Frees what was prepared for scoring; the next call prepares it again.</summary>
    public new void Dispose()
    {
        Network.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The newest version of a transformer in a model file that is read.</summary>
    /// <param name="modelSignature">8 letters.</param>
    /// <param name="loaderSignature">The loader's name.</param>
    private protected static VersionInfo Newest(string modelSignature, string loaderSignature)
        => Version(modelSignature, loaderSignature, SecondVersion);

    /// <summary>The version that this transformer is saved as: the first that can hold it.</summary>
    /// <param name="modelSignature">8 letters.</param>
    /// <param name="loaderSignature">The loader's name.</param>
    private protected VersionInfo Saved(string modelSignature, string loaderSignature)
        => Version(modelSignature, loaderSignature, Mapper is null ? FirstVersion : SecondVersion);

    private static VersionInfo Version(string modelSignature, string loaderSignature, uint version) => new(
        modelSignature: modelSignature,
        verWrittenCur: version,
        verReadableCur: version,
        verWeCanReadBack: FirstVersion,
        loaderSignature: loaderSignature,
        loaderAssemblyName: typeof(NetworkTransformer<>).Assembly.FullName);

    /// <summary>
    /// Checks the columns of training, which ML.NET stores and which are not under the network's checksum. The label's, where there is one,
    /// is for
    /// <paramref name="isLabel"/> to judge.
    /// </summary>
    /// <param name="label">The label's column; null for none.</param>
    /// <param name="expected">What the network predicts, for the message.</param>
    /// <param name="isLabel">Whether a label of this type fits.</param>
    /// <exception cref="InvalidDataException">They do not fit.</exception>
    private protected void CheckTrainSchema(string? label, string expected, Func<DataViewType?, bool> isLabel)
    {
        DataViewType? features = TrainSchema.GetColumnOrNull(FeatureColumnName)?.Type;
        DataViewType? labels = label is null ? null : TrainSchema.GetColumnOrNull(label)?.Type;
        if (features is not VectorDataViewType { ItemType: NumberDataViewType } vector
            || vector.Size != Network.Network.Inputs
            || !isLabel(labels))
        {
            string andLabel = label is null ? "" : $" and '{label}' of {labels?.ToString() ?? "nothing"}";
            throw new InvalidDataException(
                $"The model file is damaged and cannot be loaded: its network takes {Network.Network.Inputs} features and {expected}, "
                    + $"but the columns stored with it are '{FeatureColumnName}' of {features?.ToString() ?? "nothing"}{andLabel}. "
                    + "Use an undamaged copy of the file, or save the model again.");
        }
    }

    /// <summary>Loads, and says that the file is damaged where ML.NET says of its columns only that the features' is not among
    /// them.</summary>
    /// <typeparam name="TTransformer">The transformer.</typeparam>
    /// <param name="load">Loads it.</param>
    /// <exception cref="InvalidDataException">The name of the feature column is not that of a column of training.</exception>
    private protected static TTransformer Loaded<TTransformer>(Func<TTransformer> load)
    {
        try
        {
            return load();
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new InvalidDataException($"The model file is damaged and cannot be loaded: {e.Message}. Use an undamaged copy of the "
                + $"file, or save the model again.", e);
        }
    }

    /// <summary>Saves what ML.NET's own method would, in the same order, and a checksum of the columns of training beside them.</summary>
    /// <param name="ctx">Where to.</param>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        ctx.SaveModel(Model, "Model");
        TrainSchemaEntry.Save(ctx, Host, TrainSchema);
        ctx.SaveStringOrNull(FeatureColumnName);
        SaveMapper(ctx);
    }

    private void CheckFeatures(DataViewSchema schema)
    {
        DataViewType? type = schema.GetColumnOrNull(FeatureColumnName)?.Type;
        if (type is null)
        {
            throw new ArgumentOutOfRangeException(nameof(schema), $"There is no feature column '{FeatureColumnName}', which the model "
                + $"reads; there are {string.Join(", ", schema.Select(column => column.Name))}. Apply the whole fitted pipeline, or add "
                + $"the column with Transforms.Concatenate or CopyColumns.");
        }

        if (!type.Equals(FeatureColumnType))
        {
            throw new ArgumentOutOfRangeException(nameof(schema), $"The feature column '{FeatureColumnName}' holds {type}; the model "
                + $"was trained on {FeatureColumnType}. Apply the same fitted transforms as in training.");
        }
    }
}
