using Microsoft.ML;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(NetworkRegressionTransformer),
    null,
    typeof(SignatureLoadModel),
    "Neural network, regression",
    NetworkRegressionTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>Estimates numbers with a trained network. Adds the column <c>Score</c>: a Single in units of the label, or a
/// vector of them where the label was one.</summary>
/// <inheritdoc/>
public sealed class NetworkRegressionTransformer : NetworkTransformer<NetworkRegressionModelParameters>
{
    // Historical, as is the other: perceptrons were the first family. Files of all families have them, and will.
    internal const string LoaderSignature = "MixedPrecisionMlpRegT";
    private const string ModelSignature = "MPMLPRGT";

    internal NetworkRegressionTransformer(
        IHostEnvironment env,
        NetworkRegressionModelParameters model,
        DataViewSchema trainSchema,
        string featureColumn)
        : base(env.Register(LoaderSignature), model, trainSchema, featureColumn)
    {
        Columns = new RegressionColumns(Model.IsVector);
        Scorer = GetGenericScorer();
    }

    private NetworkRegressionTransformer(IHostEnvironment env, ModelLoadContext ctx)
        : base(env.Register(LoaderSignature), ctx)
    {
        CheckTrainSchema(null, $"estimates {Model.Targets} numbers", _ => true);
        Columns = new RegressionColumns(Model.IsVector);
        Scorer = GetGenericScorer();
    }

    private protected override ScoreColumns Columns { get; }

    internal static NetworkRegressionTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Newest(ModelSignature, LoaderSignature));
        TrainSchemaEntry.Check(ctx);
        return Loaded(() => new NetworkRegressionTransformer(env, ctx));
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Saved(ModelSignature, LoaderSignature));
        base.SaveCore(ctx);
    }
}
