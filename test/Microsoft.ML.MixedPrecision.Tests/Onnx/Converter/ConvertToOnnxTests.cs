using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Converter;

/// <summary>Files that ML.NET's own <c>ConvertToOnnx</c> writes, with networks of ours and without: checked, applied in batches, and every
/// output compared with Transform.</summary>
[TestClass]
public sealed class ConvertToOnnxTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Sample.Rows(200));

    /// <summary>
    /// Pipelines of ML.NET, of which one trains networks of ours. Together they write what only its files have: a dimension of −1,
    /// attributes of 0 without a value, outputs of (1, 1) for columns that
    /// are vectors with names, one-hot vectors of three dimensions, ONNX Runtime's own operators of an unnamed version, and its ExpandDims.
    /// </summary>
    private static readonly Dictionary<string, Func<IEstimator<ITransformer>>> Pipelines = new()
    {
        ["numbers to a class"] = () => Key().Append(Ml.Transforms.Concatenate("All", "Features", "A", "D"))
            .Append(Ml.Transforms.NormalizeMinMax("All"))
            .Append(Ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "All", maximumNumberOfIterations: 5))
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")),
        ["a text to a Boolean"] = () => Ml.Transforms.Categorical.OneHotEncoding("KindVector", "Kind")
            .Append(Ml.Transforms.Concatenate("All", "KindVector", "A"))
            .Append(Ml.BinaryClassification.Trainers.SdcaLogisticRegression("Answer", "All", maximumNumberOfIterations: 5)),
        ["hashes of a text to a number"] = () => Ml.Transforms.Categorical.OneHotHashEncoding("KindHash", "Kind", numberOfBits: 4)
            .Append(Ml.Transforms.Concatenate("All", "KindHash", "A"))
            .Append(Ml.Regression.Trainers.Sdca("Value", "All", maximumNumberOfIterations: 5)),
        ["missing values replaced"] = () => Ml.Transforms.ReplaceMissingValues("Features").Append(
            Ml.Transforms.NormalizeMeanVariance("Features"))
            .Append(Ml.Regression.Trainers.OnlineGradientDescent("Value")),
        ["naive Bayes"] = () => Key().Append(Ml.MulticlassClassification.Trainers.NaiveBayes()),
        ["one versus all"] = () => Key().Append(Ml.Transforms.NormalizeMinMax("Features"))
            .Append(
                Ml.MulticlassClassification.Trainers.OneVersusAll(
                    Ml.BinaryClassification.Trainers.SdcaLogisticRegression(maximumNumberOfIterations: 3))),
        ["one versus all of networks"] = () => Key().Append(Ml.Transforms.NormalizeMinMax("Features"))
            .Append(
                Ml.MulticlassClassification.Trainers.OneVersusAll(Ml.MixedPrecision().Trainers.MlpBinary(hiddenLayers: [8], epochs: 2))),
        ["a calibrated perceptron"] = () => Ml.Transforms.NormalizeMinMax("Features").Append(
            Ml.BinaryClassification.Trainers.AveragedPerceptron("Answer"))
            .Append(Ml.BinaryClassification.Calibrators.Platt("Answer")),
    };

    public static IEnumerable<object[]> PipelineNames => Pipelines.Keys.Select(name => new object[] { name });

    public static IEnumerable<object[]> Trainers => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(PipelineNames))]
    public void ApplyOnnxModel_OfMLNetsFileOfItsOwnPipeline_GivesWhatTransformDoes(string name) => AssertSame(Pipelines[name]().Fit(Train));

    [TestMethod]
    [DynamicData(nameof(Trainers))]
    internal void ApplyOnnxModel_OfMLNetsFileOfANetwork_GivesWhatTransformDoes(TrainerCase task)
        => AssertSame(task.Pipeline(Ml, options => options.Epochs = 3).Fit(Train));

    private static EstimatorChain<ITransformer> Key()
        => new EstimatorChain<ITransformer>().Append((IEstimator<ITransformer>)Ml.Transforms.Conversion.MapValueToKey("Label", "Kind"));

    private static void AssertSame(ITransformer model)
    {
        byte[] file = Convert(model);
        IDataView unseen = Ml.Data.LoadFromEnumerable(Sample.Rows(1100, seed: 4)), expected = model.Transform(unseen);

        OnnxModelReport report = Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(file));
        IDataView scored = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(unseen).Transform(unseen);

        string[] columns = [.. expected.Schema.Where(column => !column.IsHidden).Select(column => column.Name)];
        CollectionAssert.AreEquivalent(columns.Select(column => column + ".output").ToArray(), report.Outputs.ToArray());
        foreach (string column in columns)
        {
            // Sums of products in another order: 2e-6 of the largest value.
            Array values = ColumnValues.Of(expected, column);
            double largest = values is float[] numbers ? numbers.Max(Math.Abs) : 0;
            ColumnValues.AssertEqual(values, ColumnValues.Of(scored, column + ".output"), 2e-6 * Math.Max(1, largest), column);
        }
    }

    private static byte[] Convert(ITransformer model)
    {
        using var stream = new MemoryStream();
        Ml.Model.ConvertToOnnx(model, Train, stream);
        return stream.ToArray();
    }
}
