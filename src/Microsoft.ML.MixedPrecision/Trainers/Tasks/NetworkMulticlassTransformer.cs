using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(NetworkMulticlassTransformer),
    null,
    typeof(SignatureLoadModel),
    "Neural network, multiclass",
    NetworkMulticlassTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// Predicts classes with a trained network. Adds the columns <c>Score</c> (probability of each class, with the classes as
/// slot names)
/// and <c>PredictedLabel</c> (a key like the label's).
/// </summary>
/// <inheritdoc/>
public sealed class NetworkMulticlassTransformer : NetworkTransformer<NetworkMulticlassModelParameters>
{
    // Historical, as is the other: perceptrons were the first family. Files of all families have them, and will.
    internal const string LoaderSignature = "MixedPrecisionMlpMc";
    private const string ModelSignature = "MPMLPMCT";

    private readonly string _labelColumn;

    internal NetworkMulticlassTransformer(
        IHostEnvironment env,
        NetworkMulticlassModelParameters model,
        DataViewSchema trainSchema,
        string featureColumn,
        string labelColumn)
        : base(env.Register(LoaderSignature), model, trainSchema, featureColumn)
    {
        _labelColumn = labelColumn;
        Scorer = CreateScorer();
    }

    private NetworkMulticlassTransformer(IHostEnvironment env, ModelLoadContext ctx)
        : base(env.Register(LoaderSignature), ctx)
    {
        _labelColumn = ctx.LoadString();
        CheckTrainSchema(
            _labelColumn,
            $"tells {Model.Classes} classes apart",
            type => type is KeyDataViewType key && key.Count == (ulong)Model.Classes);
        Scorer = CreateScorer();
    }

    private protected override ScoreColumns Columns { get; } = new MulticlassColumns();

    internal static NetworkMulticlassTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Newest(ModelSignature, LoaderSignature));
        TrainSchemaEntry.Check(ctx);
        return Loaded(() => new NetworkMulticlassTransformer(env, ctx));
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Saved(ModelSignature, LoaderSignature));
        base.SaveCore(ctx);
        ctx.SaveString(_labelColumn);
    }

    // ML.NET's scorer gives schema, annotations and the row mapper. The label is for the classes' names.
    private MulticlassClassificationScorer CreateScorer()
    {
        var schema = new RoleMappedSchema(TrainSchema, _labelColumn, FeatureColumnName);
        ISchemaBoundMapper mapper = ClassSlotNames.Put(Host, BindableMapper.Bind(Host, schema), TrainSchema[_labelColumn]);
        return new MulticlassClassificationScorer(
            Host, new MulticlassClassificationScorer.Arguments(), new EmptyDataView(Host, TrainSchema), mapper, schema);
    }
}
