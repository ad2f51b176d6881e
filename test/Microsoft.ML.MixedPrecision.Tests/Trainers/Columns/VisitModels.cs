using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Layers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Columns;

/// <summary>Rows of <see cref="Visit"/>, and models of their places as categories.</summary>
internal static class VisitModels
{
    public static readonly MLContext Ml = new(seed: 1);
    public static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Visit.Rows(6000));
    public static readonly Visit[] Unseen = Visit.Rows(3000, seed: 2, others: true);
    public static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Unseen);
    public static readonly Lazy<TransformerChain<NetworkBinaryTransformer>> Fitted = new(() => Pipeline().Fit(Train));

    public static EstimatorChain<NetworkBinaryTransformer> Pipeline(Action<MlpBinaryTrainer.Options>? change = null)
    {
        MlpBinaryTrainer.Options options = Options(options => options.CategoricalColumnNames = ["PlaceKey", "KindKey"]);
        change?.Invoke(options);
        options.CategoricalColumnNames = options.CategoricalColumnNames?.Select(name => name == "Place" ? "PlaceKey" : name).ToArray();
        return Ml.Transforms.Conversion.MapValueToKey("PlaceKey", "Place", maximumNumberOfKeys: 100_000)
            .Append(Ml.Transforms.Conversion.MapValueToKey("KindKey", "Kind"))
            .Append(Ml.MixedPrecision().Trainers.MlpBinary(options));
    }

    public static MlpBinaryTrainer.Options Options(Action<MlpBinaryTrainer.Options> change)
    {
        var options = new MlpBinaryTrainer.Options
        {
            FeatureColumnNames = ["First", "Second"],
            CategoricalColumnNames = ["PlaceKey", "KindKey"],
            HiddenLayers = [32],
            BatchSize = 64,
            Epochs = 6,
            LearningRate = 5e-3f,
            Seed = 1,
            ValidationFraction = 0,
        };
        change(options);
        return options;
    }

    public static double Auc(ITransformer model)
        => Ml.BinaryClassification.EvaluateNonCalibrated(model.Transform(Test)).AreaUnderRocCurve;

    public static CategoryEmbedding TableOf(NetworkBinaryTransformer model) => model.Network.Network.Categories!;
}
