using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Real rows from a text file, as a newcomer would train on them.</summary>
[TestClass]
public sealed class MlpDigitsTests
{
    [TestMethod]
    public void Fit_OfDigitsFromText_PredictsUnseenDigitsByTheirValues()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromTextFile<Image>(
            Path.Combine(AppContext.BaseDirectory, "digits.csv"),
            separatorChar: ',',
            hasHeader: true);
        Assert.IsNull(data.GetRowCount(), "a text file's rows are not counted beforehand");
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(data, testFraction: 0.25);
        var pipeline = ml.Transforms.Conversion.MapValueToKey(
            "Label",
            "Digit",
            keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Append(ml.Transforms.NormalizeMinMax("Features"))
            .Append(ml.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
            {
                HiddenLayers = [64],
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Dynamic(initialScale: 65536, growthInterval: 50),
                BatchSize = 64,
                Epochs = 15,
                LearningRate = 5e-3f,
                FeatureScaling = FeatureScaling.None,
                ValidationFraction = 0,
            }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        IDataView scored = pipeline.Fit(split.TrainSet).Transform(split.TestSet);

        int[] digits = [.. scored.GetColumn<int>("Digit")];
        int[] predicted = [.. scored.GetColumn<int>("PredictedLabel")];

        // Over the seeds 1 to 8 Float32 reaches 0.946 to 0.955 here, a row being 0.002.
        Assert.IsGreaterThan(0.94, digits.Zip(predicted).Count(pair => pair.First == pair.Second) / (double)digits.Length);
        VBuffer<int> slots = default;
        scored.Schema["Score"].Annotations.GetValue("TrainingLabelValues", ref slots);
        CollectionAssert.AreEqual(Enumerable.Range(0, 10).ToArray(), slots.DenseValues().ToArray());
    }

    private sealed class Image
    {
        [LoadColumn(0, 63)]
        [VectorType(64)]
        public float[] Features { get; set; } = [];

        [LoadColumn(64)]
        public int Digit { get; set; }
    }
}
