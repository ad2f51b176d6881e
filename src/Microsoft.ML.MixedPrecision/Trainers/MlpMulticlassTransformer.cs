using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(MlpMulticlassTransformer), null, typeof(SignatureLoadModel), "Multilayer perceptron, multiclass", MlpMulticlassTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// Predicts with a trained multilayer perceptron. Adds the columns <c>Score</c> (probability of each class, with the classes as slot names)
/// and <c>PredictedLabel</c> (a key like the label's).
/// </summary>
/// <remarks>
/// Rows are read ahead and scored 1024 at a time. On the CPU a row's scores have the same bits alone, in any batch and from a prediction
/// engine; on a GPU (see <see cref="ScoringDevice"/>) they agree with these within Float32's rounding of sums, about 1e-6.
/// Safe for many threads. <see cref="Dispose"/> frees caches only, so that other prediction engines on the same transformer go on.
/// </remarks>
public sealed class MlpMulticlassTransformer : SingleFeaturePredictionTransformerBase<MlpModelParameters>, ITransformer, IDisposable
{
    internal const string LoaderSignature = "MixedPrecisionMlpMc";

    private readonly string _labelColumn;

    internal MlpMulticlassTransformer(IHostEnvironment env, MlpModelParameters model, DataViewSchema trainSchema, string featureColumn, string labelColumn)
        : base(env.Register(LoaderSignature), model, trainSchema, featureColumn)
    {
        _labelColumn = labelColumn;
        Scorer = CreateScorer();
    }

    private MlpMulticlassTransformer(IHostEnvironment env, ModelLoadContext ctx)
        : base(env.Register(LoaderSignature), ctx)
    {
        _labelColumn = ctx.LoadString();
        CheckTrainSchema();
        Scorer = CreateScorer();
    }

    /// <summary>What happened in training: history, memory plan, formats and their reasons; null for a model that was loaded.</summary>
    public TrainingResult? Training => Model.Training;

    /// <summary>
    /// Where <see cref="Transform"/> scores: by default on the first NVIDIA GPU for views of a whole batch of rows or more and networks that are worth the way
    /// there, else on the CPU, as prediction engines always do. Not saved with the model.
    /// </summary>
    public ComputeDevice ScoringDevice
    {
        get => Model.ScoringDevice;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Model.ScoringDevice = value;
        }
    }

    private static VersionInfo Version => new(
        modelSignature: "MPMLPMCT",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(MlpMulticlassTransformer).Assembly.FullName);

    /// <summary>Scores data, lazily, as the result is read.</summary>
    /// <param name="input">Data with the feature column that the model was trained on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The feature column is missing or of another type or size.</exception>
    public new IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckFeatures(input.Schema);
        return new ScoredDataView(this, input, (RowToRowScorerBase)Scorer.ApplyToData(Host, input));
    }

    /// <summary>Frees what was prepared for scoring; the next call prepares it again.</summary>
    public new void Dispose() => Model.Dispose();

    internal static MlpMulticlassTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        return new MlpMulticlassTransformer(env, ctx);
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version);
        base.SaveCore(ctx);
        ctx.SaveString(_labelColumn);
    }

    // ML.NET's scorer gives schema, annotations and the row mapper. The label is for the classes' names.
    private MulticlassClassificationScorer CreateScorer()
    {
        var schema = new RoleMappedSchema(TrainSchema, _labelColumn, FeatureColumnName);
        return new MulticlassClassificationScorer(Host, new MulticlassClassificationScorer.Arguments(), new EmptyDataView(Host, TrainSchema), BindableMapper.Bind(Host, schema), schema);
    }

    // The columns of training, which ML.NET stores, are not under the network's checksum.
    private void CheckTrainSchema()
    {
        DataViewType? features = TrainSchema.GetColumnOrNull(FeatureColumnName)?.Type;
        DataViewType? label = TrainSchema.GetColumnOrNull(_labelColumn)?.Type;
        if (features is not VectorDataViewType { ItemType: NumberDataViewType } vector || vector.Size != Model.Inputs
            || label is not KeyDataViewType key || key.Count != (ulong)Model.Classes)
        {
            throw new InvalidDataException(
                $"The model file is damaged and cannot be loaded: its network takes {Model.Inputs} features and tells {Model.Classes} classes apart, but the columns stored with it are '{FeatureColumnName}' of {features?.ToString() ?? "nothing"} and '{_labelColumn}' of {label?.ToString() ?? "nothing"}. Use an undamaged copy of the file, or save the model again.");
        }
    }

    private void CheckFeatures(DataViewSchema schema)
    {
        DataViewType? type = schema.GetColumnOrNull(FeatureColumnName)?.Type;
        if (type is null)
        {
            throw new ArgumentOutOfRangeException(nameof(schema), $"There is no feature column '{FeatureColumnName}', which the model reads; there are {string.Join(", ", schema.Select(column => column.Name))}. Apply the whole fitted pipeline, or add the column with Transforms.Concatenate or CopyColumns.");
        }

        if (!type.Equals(FeatureColumnType))
        {
            throw new ArgumentOutOfRangeException(nameof(schema), $"The feature column '{FeatureColumnName}' holds {type}; the model was trained on {FeatureColumnType}. Apply the same fitted transforms as in training.");
        }
    }
}
