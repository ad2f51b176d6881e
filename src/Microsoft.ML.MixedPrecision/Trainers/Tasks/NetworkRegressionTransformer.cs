using Microsoft.ML;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(MlpRegressionTransformer),
    null,
    typeof(SignatureLoadModel),
    "Multilayer perceptron, regression",
    MlpRegressionTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>Estimates numbers with a trained multilayer perceptron. Adds the column <c>Score</c>: a Single in units of the label, or a
/// vector of them where the label was one.</summary>
/// <inheritdoc/>
public sealed class MlpRegressionTransformer : MlpTransformer<MlpRegressionModelParameters>
{
    internal const string LoaderSignature = "MixedPrecisionMlpRegT";
    private const string ModelSignature = "MPMLPRGT";

    internal MlpRegressionTransformer(
        IHostEnvironment env,
        MlpRegressionModelParameters model,
        DataViewSchema trainSchema,
        string featureColumn)
        : base(env.Register(LoaderSignature), model, trainSchema, featureColumn)
    {
        Columns = new RegressionColumns(Model.IsVector);
        Scorer = GetGenericScorer();
    }

    private MlpRegressionTransformer(IHostEnvironment env, ModelLoadContext ctx)
        : base(env.Register(LoaderSignature), ctx)
    {
        CheckTrainSchema(null, $"estimates {Model.Targets} numbers", _ => true);
        Columns = new RegressionColumns(Model.IsVector);
        Scorer = GetGenericScorer();
    }

    private protected override ScoreColumns Columns { get; }

    internal static MlpRegressionTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version(ModelSignature, LoaderSignature));
        TrainSchemaEntry.Check(ctx);
        return Loaded(() => new MlpRegressionTransformer(env, ctx));
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version(ModelSignature, LoaderSignature));
        base.SaveCore(ctx);
    }
}
