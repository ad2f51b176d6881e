using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>Texts that earlier versions of this library wrote are read.</summary>
[TestClass]
public sealed class TrainingJsonVersionTests
{
    /// <summary>Written by hand after the description of version 1: two epochs, the first of which skipped a step.</summary>
    private const string Version1 = """
        {"version":1,"precision":"mixed_float16","device":"CPU, 2 threads","stopReason":"all 2 epochs done","attempts":3,"steps":2,
        "skipped":1,"growths":0,"finalLossScale":32768,"rows":48,"rowsWithoutLabel":2,"validationRows":0,"rowsPerSecond":1234.5,
        "bestEpoch":null,"bestWeightsRestored":false,
        "timings":{"readingSeconds":0.25,"stagingSeconds":0,"trainingSeconds":1.5},
        "memory":{"masters":1,"shadows":2,"gradients":3,"moments":4,"activations":5,"workspace":6,"scratch":7,"data":8},
        "environment":{"library":"0.1.0","mlNet":"5.0.1","runtime":".NET 10","operatingSystem":"Linux",
        "started":"2026-11-29T12:00:00+00:00",
        "trainer":"MlpBinary","options":[{"name":"Epochs","value":"2"}]},
        "warnings":["look here","and there"],"plan":"policy mixed_float16","explanations":[{"layer":"output","operation":"linear + bias",
        "shape":"2 x 4","operands":"Float16","stored":"Float32","reason":"because"}],"products":"","ranges":[],
        "epochs":[{"epoch":1,"epochs":2,"step":1,"loss":0.5,"validationLoss":null,"validationAccuracy":null,"rowsPerSecond":1000,
        "lossScale":32768,"gradientNorm":0.125,"attemptCount":2,"skipped":1,"lost":0,"learningRate":0.001},
        {"epoch":2,"epochs":2,"step":2,"loss":0.25,"validationLoss":null,"validationAccuracy":null,"rowsPerSecond":2000,
        "lossScale":32768,"gradientNorm":"NaN","attemptCount":1,"skipped":0,"lost":0,"learningRate":0.001}],
        "attemptedSteps":{"attempt":[1,2,3],"step":[0,1,2],"epoch":[1,1,2],"epochStep":[1,1,1],"retryPass":[0,1,0],"rows":[48,48,48],
        "loss":[0.75,0.5,0.25],"gradientNorm":["Infinity",0.125,0.0625],"lossScale":[65536,32768,32768],"learningRate":[0.001,0.001,0.001],
        "clipCoefficient":[1,1,1],"nonFinite":[1,0,0],"places":["output.bias"]}}
        """;

    [TestMethod]
    public void FromJson_OfVersion1_HasAllThatItSays()
    {
        TrainingResult result = TrainingResult.FromJson(Version1);

        Assert.AreEqual((3L, 2L, 1L, 48L, 2L), (result.Attempts, result.Steps, result.Skipped, result.Rows, result.RowsWithoutLabel));
        CollectionAssert.AreEqual(new[] { "look here", "and there" }, result.Warnings.ToArray());
        Assert.IsTrue(result.WarningDetails.All(warning => (warning.Kind, warning.Epoch, warning.Attempt) == (RunWarningKind.Other, 0, 0)));
        Assert.IsTrue(result.History.All(epoch => epoch is { Rows: 48, IsPartial: false }));
        CollectionAssert.AreEqual(new[] { 2, 1 }, result.History.Select(epoch => epoch.Attempts.Count).ToArray());
        Assert.AreEqual("output.bias", result.History[0].Attempts[0].NonFinite);
        Assert.IsTrue(result.History.SelectMany(epoch => epoch.Attempts).All(step => step.NextLossScale is null));
        StepSkipped skipped = result.SkippedSteps.Single();
        Assert.AreEqual((1L, 65536f, null, "output.bias"), (skipped.Attempt, skipped.ScaleBefore, skipped.ScaleAfter, skipped.NonFinite));
        Assert.AreEqual("because", result.Explanations.Single().Reason);
        Assert.AreEqual(36, result.Memory.Total);
    }

    /// <summary>Read and written again it is of the version of today, and says the same.</summary>
    [TestMethod]
    public void ToJson_OfVersion1_SaysTheSame()
    {
        TrainingResult read = TrainingResult.FromJson(Version1);
        string text = read.ToJson();

        StringAssert.Contains(text, $"\"version\":{TrainingDocument.CurrentVersion},");
        CollectionAssert.AreEqual(FilledResult.Lines(read).ToArray(), FilledResult.Lines(TrainingResult.FromJson(text)).ToArray());
    }
}
