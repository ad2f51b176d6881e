using System.Globalization;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>Results and epochs as one line of text.</summary>
[TestClass]
public sealed class TrainingTextTests
{
    [TestMethod]
    public void ToString_OfAnEpochInFP32_LeavesOutWhatIsNotThere()
        => Assert.AreEqual("epoch 2/30: loss 0.2345, 9,876 rows/s", Epoch().ToString());

    [TestMethod]
    public void ToString_OfAnEpochWithEverything_Fits80Columns()
    {
        string text = Full().ToString();

        Assert.AreEqual("epoch 12/30: loss 0.2345, val 0.2456 (93.1 %), 123k rows/s, scale 2^24, skips 5", text);
        Assert.IsLessThanOrEqualTo(80, text.Length);
    }

    [TestMethod]
    public void ToString_OfAnEnvironment_IsOneLine()
        => Assert.AreEqual(
            "MlpBinary, 2026-11-29 13:05:00 UTC, library 0.1.0, ML.NET 5.0.1, .NET 10.0.1, Linux X64",
            new TrainingEnvironment
            {
                Trainer = "MlpBinary",
                Started = new DateTimeOffset(2026, 11, 29, 14, 5, 0, TimeSpan.FromHours(1)),
                Library = "0.1.0",
                MLNet = "5.0.1",
                Runtime = ".NET 10.0.1",
                OperatingSystem = "Linux X64",
            }.ToString());

    [TestMethod]
    public void ToString_UnderAnotherCulture_IsTheSame()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ar-SA");
            ToString_OfAnEpochWithEverything_Fits80Columns();
            ToString_OfAResult_TellsOfTheEpochWhoseWeightsItHolds();
            ToString_OfAnEnvironment_IsOneLine();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void ToString_OfAnEpochWithoutAnyFiniteLoss_SaysSo()
        => Assert.AreEqual("epoch 1/1: loss NaN, 12M rows/s, scale 1000, skips 4", new TrainingMetrics
        {
            Epoch = 1,
            Epochs = 1,
            Loss = double.NaN,
            RowsPerSecond = 12.3e6,
            LossScale = 1000,
            Skipped = 4,
        }.ToString());

    [TestMethod]
    public void ToString_OfAResult_TellsOfTheEpochWhoseWeightsItHolds()
    {
        TrainingMetrics worse = new()
        {
            Epoch = 13,
            Epochs = 30,
            Loss = 0.2,
            ValidationLoss = 0.3,
            ValidationAccuracy = 0.9,
            LossScale = 1
        };

        Assert.AreEqual("loss 0.2345, val 0.2456 (93.1 %), 13 of 30 epochs, weights of epoch 12, 5 of 480 steps skipped",
            Result(restored: true, Full(), worse).ToString());
        Assert.AreEqual(
            "loss 0.2, val 0.3 (90.0 %), 13 of 30 epochs, 5 of 480 steps skipped", Result(restored: false, Full(), worse).ToString());
        Assert.AreEqual("loss 0.2345, 2 of 30 epochs, 5 of 480 steps skipped", Result(restored: false, Epoch()).ToString());
    }

    [TestMethod]
    public void ToString_OfAResultWithoutEpochs_SaysSo() => Assert.AreEqual("no epochs", Result(restored: false).ToString());

    private static TrainingMetrics Epoch() => new() { Epoch = 2, Epochs = 30, Loss = 0.23451, RowsPerSecond = 9876.4, LossScale = 1 };

    private static TrainingMetrics Full() => new()
    {
        Epoch = 12,
        Epochs = 30,
        Loss = 0.23451,
        ValidationLoss = 0.24558,
        ValidationAccuracy = 0.9312,
        RowsPerSecond = 123_456,
        LossScale = 16777216,
        Skipped = 5,
    };

    private static TrainingResult Result(bool restored, params TrainingMetrics[] history) => new(new PlanExplanation("", [], ""))
    {
        History = history,
        Memory = new MemoryReport(),
        Precision = PrecisionPolicy.Float32,
        BestEpoch = 12,
        BestWeightsRestored = restored,
        Attempts = 480,
        Skipped = 5,
    };
}
