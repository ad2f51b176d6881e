namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Wishes that change nothing in a fit: told in the log and in the result, and without effect on the loss scale.</summary>
[TestClass]
public sealed class IdleWishFitTests
{
    public static IEnumerable<object[]> Idle =>
    [
        .. Row(options => options.Precision = PrecisionPolicy.MixedBFloat16.WithLayer("hiden.*", NumericFormat.Float32),
            "'hiden.*', but no layer has such a name"),
        .. Row(options => options.Precision = PrecisionPolicy.Float32.WithWeightUpdate(WeightUpdate.Plain), "WeightUpdate is Plain"),
        .. Row(options => (options.HiddenLayers, options.Dropout) = ([], 0.5f), "Dropout is 0.5, but HiddenLayers is empty"),
        .. Row(options => (options.HiddenLayers, options.Normalization) = ([], NormalizationKind.LayerNorm),
            "Normalization is LayerNorm, but HiddenLayers is empty"),
        .. Row(options => options.Residual = true, "Residual is true, but no hidden layer"),
    ];

    [TestMethod]
    [DynamicData(nameof(Idle))]
    public void Fit_WithAWishThatChangesNothing_SaysSoInLogAndResult(Action<MlpMulticlassTrainer.Options> change, string expected)
    {
        (TrainingResult training, string[] log) = Fit(change);

        string warning = training.Warnings.Single();
        StringAssert.Contains(warning, expected);
        StringAssert.Contains(warning, "changes nothing");
        Assert.HasCount(1, log.Where(line => line.Contains(warning, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_WithAFloat16PatternThatMatchesNothing_ScalesNoLoss()
    {
        (TrainingResult training, _) = Fit(
            options => options.Precision = PrecisionPolicy.Float32.WithLayer("nosuch", NumericFormat.Float16));

        Assert.AreEqual(1f, training.FinalLossScale);
        Assert.IsTrue(training.History.SelectMany(epoch => epoch.Attempts).All(step => step.LossScale == 1));
    }

    [TestMethod]
    [DataRow("mixed_float16; layer *=Float32", 1f)]
    [DataRow("float32; Activation=Float16", 65536f)]
    [DataRow("float32; Normalization=Float16", 1f)]
    [DataRow("float32; layer output=Float16", 65536f)]
    [DataRow("mixed_float16; MatrixProduct=BFloat16; Activation=BFloat16; layer hidden.0=Float16", 65536f)]
    public void Fit_UnderAnyPolicy_ScalesTheLossWhereALayerIsInFloat16(string policy, float scale)
        => Assert.AreEqual(
            scale,
            Fit(options => (options.Precision, options.Epochs) = (PrecisionPolicy.Parse(policy), 1))
                .Training.History[0]
                .Attempts[0]
                .LossScale);

    private static (TrainingResult Training, string[] Log) Fit(Action<MlpMulticlassTrainer.Options> change)
    {
        var ml = new MLContext(seed: 1);
        var lines = new List<string>();
        ml.Log += (_, e) =>
        {
            // ML.NET logs from any thread.
            lock (lines)
            {
                lines.Add(e.Message);
            }
        };
        MlpMulticlassTrainer.Options options = Blob.Options(change);
        (options.Device, options.Activation) = (ComputeDevice.Cpu, new MlpMulticlassTrainer.Options().Activation);
        IDataView rows = ml.Data.LoadFromEnumerable(Blob.Rows(60));
        TrainingResult training = ml.MixedPrecision()
            .Trainers.MlpMulticlass(options)
            .Fit(Blob.Preparation(ml).Fit(rows).Transform(rows))
            .Training!;
        lock (lines)
        {
            return (training, [.. lines]);
        }
    }

    private static IEnumerable<object[]> Row(Action<MlpMulticlassTrainer.Options> change, string expected) => [[change, expected]];
}
