using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Trainers;

/// <summary>Features around a million, which no 16-bit format tells apart, train and score on a card: the host scales them before they are
/// rounded or copied.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CardFeatureScalingTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Raw(600, seed: 1);
    private static readonly IDataView Test = Raw(2500, seed: 2);

    private CudaContext _context = null!;

    [TestInitialize]
    public void OpenCard() => _context = Gpu.Open();

    [TestCleanup]
    public void CloseCard() => _context?.Dispose();

    /// <summary>Training, its validation and bulk scoring are on the card; scoring on the CPU is the referee.</summary>
    [TestMethod]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void FitAndTransform_OfRawFeatures_AgreeWithTheCpu(string policy)
    {
        using NetworkMulticlassTransformer model = Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options =>
        {
            options.Device = ComputeDevice.Cuda(0);
            options.Precision = PrecisionPolicy.Parse(policy);
            options.HiddenLayers = [512, 256];
            options.LearningRate = 3e-3f;
            options.ValidationFraction = 0.1f;
        })).Fit(Train);
        float[][] onCard = Scored(model, ComputeDevice.Cuda(0)), onCpu = Scored(model, ComputeDevice.Cpu);

        for (int row = 0; row < onCpu.Length; row++)
        {
            for (int column = 0; column < onCpu[row].Length; column++)
            {
                Assert.AreEqual(onCpu[row][column], onCard[row][column], 1e-5f, $"row {row}, class {column}");
            }
        }

        Assert.IsGreaterThan(0.97, Ml.MulticlassClassification.Evaluate(model.Transform(Test)).MicroAccuracy);
        Assert.IsLessThan(0.3, model.Training!.History[^1].ValidationLoss!.Value, "the rows that validate are scaled once");
    }

    /// <summary>Gaps are filled and indicated, and outliers of 1e38 clipped, by the host too: a card reads rows that are longer than those
    /// that are given.</summary>
    [TestMethod]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void FitAndTransform_OfGapsAndOutliers_AgreeWithTheCpu(string policy)
    {
        IDataView train = Raw(600, seed: 1, Gappy), test = Raw(2500, seed: 2, Gappy);
        using NetworkMulticlassTransformer model = Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options =>
        {
            options.Device = ComputeDevice.Cuda(0);
            options.Precision = PrecisionPolicy.Parse(policy);
            options.HiddenLayers = [512, 256];
            options.LearningRate = 3e-3f;
            options.ValidationFraction = 0.1f;
            options.FeatureScaling = FeatureScaling.Robust;
            options.MissingValues = MissingValues.ImputeAndIndicate;
        })).Fit(train);
        float[][] onCard = Scored(model, ComputeDevice.Cuda(0), test), onCpu = Scored(model, ComputeDevice.Cpu, test);

        for (int row = 0; row < onCpu.Length; row++)
        {
            for (int column = 0; column < onCpu[row].Length; column++)
            {
                Assert.AreEqual(onCpu[row][column], onCard[row][column], 1e-5f, $"row {row}, class {column}");
            }
        }

        Assert.IsGreaterThan(0.85, Ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy);
    }

    private static float[][] Scored(NetworkMulticlassTransformer model, ComputeDevice device, IDataView? rows = null)
    {
        model.ScoringDevice = device;
        return [.. model.Transform(rows ?? Test).GetColumn<float[]>("Score")];
    }

    /// <summary>A gap in every fifth row, and an outlier in every hundredth.</summary>
    private static void Gappy(Blob row, int number)
    {
        row.Features[0] = number % 5 == 1 ? float.NaN : row.Features[0];
        row.Features[1] = number % 100 == 7 ? 1e38f : row.Features[1];
    }

    private static IDataView Raw(int count, int seed, Action<Blob, int>? change = null)
    {
        Blob[] rows = Blob.Rows(count, seed);
        for (int i = 0; i < count; i++)
        {
            rows[i].Features = [.. rows[i].Features.Select((value, slot) => 1e6f + (value * (slot == 3 ? 10 : 100)))];
            change?.Invoke(rows[i], i);
        }

        return Ml.Transforms.Conversion.MapValueToKey("Label", nameof(Blob.Kind))
            .Fit(Ml.Data.LoadFromEnumerable(Blob.Rows(600)))
            .Transform(Ml.Data.LoadFromEnumerable(rows));
    }
}
