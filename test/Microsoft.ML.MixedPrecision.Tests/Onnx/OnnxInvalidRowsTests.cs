using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using MakePipeline = System.Func<Microsoft.ML.Data.EstimatorChain<Microsoft.ML.ITransformer>,
    Microsoft.ML.IEstimator<Microsoft.ML.ITransformer>>;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>A row of NaN in a batch: its scores are NaN, its label is false, or missing, and the other rows are as ever, in files as in
/// models.</summary>
[TestClass]
public sealed class OnnxInvalidRowsTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Sample.Rows(120));

    /// <summary>Models of ML.NET, each with the columns that it makes.</summary>
    private static readonly Dictionary<string, (MakePipeline Pipeline, string[] Columns)> MLNets = new()
    {
        ["logistic regression"] = (
            chain => chain.Append(Ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Answer")),
            ["Score", "Probability", "PredictedLabel"]),
        ["support vectors"] = (chain => chain.Append(Ml.BinaryClassification.Trainers.LinearSvm("Answer")), ["Score", "PredictedLabel"]),
        ["maximum entropy"] = (
            chain => chain.Append(Ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy()),
            ["Score", "PredictedLabel"]),
        ["one versus all"] = (
            chain => chain.Append(
                Ml.MulticlassClassification.Trainers.OneVersusAll(Ml.BinaryClassification.Trainers.LbfgsLogisticRegression())),
            ["Score", "PredictedLabel"]),
        ["one versus all, without probabilities"] = (
            chain => chain.Append(
                Ml.MulticlassClassification.Trainers.OneVersusAll(Ml.BinaryClassification.Trainers.LinearSvm(), useProbabilities: false)),
            ["Score", "PredictedLabel"]),
        ["means"] = (chain => chain.Append(Ml.Clustering.Trainers.KMeans(numberOfClusters: 3)), ["Score", "PredictedLabel"]),
        ["a regression"] = (chain => chain.Append(Ml.Regression.Trainers.OnlineGradientDescent("Value")), ["Score"]),
    };

    public static IEnumerable<object[]> Formats =>
        from task in TrainerCase.All
        from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
        from set in Enum.GetValues<OnnxOperatorSet>()
        select new object[] { task[0], ActivationKind.Relu, NormalizationKind.None, format, set };

    public static IEnumerable<object[]> Kinds =>
        from activation in Enum.GetValues<ActivationKind>()
        from normalization in activation == ActivationKind.Gelu ? Enum.GetValues<NormalizationKind>() : [NormalizationKind.None]
        from task in new[] { TrainerCase.Multiclass, TrainerCase.Binary }
        from format in new[] { NumericFormat.Float32, NumericFormat.Float16 }
        select new object[] { task, activation, normalization, format, OnnxOperatorSet.Standard };

    public static IEnumerable<object[]> MLNetsModels
        => from name in MLNets.Keys from set in Enum.GetValues<OnnxOperatorSet>() select new object[] { name, set };

    public static IEnumerable<object[]> Tasks => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(Formats))]
    [DynamicData(nameof(Kinds))]
    internal void Export_OfANetwork_AnswersEachRowForItself(
        TrainerCase task,
        ActivationKind activation,
        NormalizationKind normalization,
        NumericFormat format,
        OnnxOperatorSet set)
    {
        ITransformer model = task.Pipeline(
            Ml,
            options => (
                options.HiddenLayers,
                options.Activation,
                options.Normalization,
                options.Epochs) = ([8], activation, normalization, 2)).Fit(Train);
        string[] columns = [.. task.Columns, .. task is MulticlassCase ? ["PredictedKind"] : Array.Empty<string>()];

        byte[] file = Export(model, format, set);

        // 16-bit formats round each product to 2^-11 or 2^-9 of its size.
        double tolerance = format == NumericFormat.Float32 ? 1e-5 : 0.1;
        InvalidRows.AssertEachIsAnsweredForItself(model, file, InvalidRows.NotFinite, tolerance, columns);
        InvalidRows.AssertAreAppliedEachForItself(model, file, InvalidRows.NotFinite, tolerance, columns);
    }

    [TestMethod]
    [DynamicData(nameof(MLNetsModels))]
    public void Export_OfMLNetsModel_AnswersEachRowForItself(string name, OnnxOperatorSet set)
    {
        (Func<EstimatorChain<ITransformer>, IEstimator<ITransformer>> pipeline, string[] columns) = MLNets[name];
        ITransformer model = pipeline(TrainerCase.Multiclass.Preparation(Ml)).Fit(Train);

        byte[] file = Export(model, NumericFormat.Float32, set);

        InvalidRows.AssertEachIsAnsweredForItself(model, file, InvalidRows.OfNaN, 1e-5, columns);
        InvalidRows.AssertAreAppliedEachForItself(model, file, InvalidRows.OfNaN, 1e-5, columns);
    }

    [TestMethod]
    [DynamicData(nameof(Tasks))]
    internal void ConvertToOnnx_OfANetwork_AnswersEachRowForItself(TrainerCase task)
    {
        // The network alone: ML.NET's converter asks for the labels of whole pipelines.
        ITransformer model = TrainerCase.Ours(
            (IEnumerable<ITransformer>)task.Pipeline(Ml, options => (options.HiddenLayers, options.Epochs) = ([8], 2)).Fit(Train));
        using var stream = new MemoryStream();
        Ml.Model.ConvertToOnnx(model, Ml.Transforms.SelectColumns("Features").Fit(Train).Transform(Train), stream);

        InvalidRows.AssertEachIsAnsweredForItself(model, stream.ToArray(), InvalidRows.NotFinite, 1e-5, task.Columns);
        InvalidRows.AssertAreAppliedEachForItself(model, stream.ToArray(), InvalidRows.NotFinite, 1e-5, task.Columns);
    }

    private static byte[] Export(ITransformer model, NumericFormat format, OnnxOperatorSet set)
    {
        using var stream = new MemoryStream();
        Ml.MixedPrecision().Model.ExportToOnnx(model, Train.Schema, stream, new OnnxExportOptions { Format = format, OperatorSet = set });
        return stream.ToArray();
    }
}
