using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Features;

/// <summary>
/// One row of 2,001 is positive and weighs 100,000: in a batch of 256 its gradient overflows Float16 under every scale above 128, so that
/// its step is skipped again and again while all
/// others go on. The referee is Float32.
/// </summary>
[TestClass]
public sealed class RareClassTests
{
    private const int Rows = 2001;
    private const int Epochs = 8;
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Data = Ml.Data.LoadFromEnumerable(Examples(seed: 1));
    private static readonly double InFloat32 = Auc(Fit(PrecisionPolicy.Float32, LossScaling.Auto));

    [TestMethod]
    [DataRow("auto")]
    [DataRow("dynamic")]
    [DataRow("measured")]
    public void Fit_RareHeavyClassInFloat16_IsLearnedAsInFloat32(string scaling)
    {
        NetworkBinaryTransformer model = Fit(PrecisionPolicy.MixedFloat16, LossScaling.Parse(scaling));

        Assert.AreEqual(1, InFloat32, 1e-9, "another problem is needed, that Float32 learns");

        // The row is learned last in the first epoch, where Float32 learns it in its turn: measured 0.002.
        Assert.AreEqual(InFloat32, Auc(model), 0.01);
        Assert.AreEqual(0, model.Training!.History.Sum(epoch => epoch.Lost));
    }

    /// <summary>Eight epochs lower 65536 to 256 at most where the step never runs again.</summary>
    [TestMethod]
    [DataRow("auto", 0)]
    [DataRow("pytorch", 16)]
    [DataRow("keras", 16)]
    [DataRow("apex", 16)]
    [DataRow("deepspeed", 16)]
    [DataRow("static(65536)", 16)]
    public void Fit_WhereNoStepRunsAgain_LosesTheRowAndNamesIt(string scaling, int passes)
    {
        NetworkBinaryTransformer model = Fit(PrecisionPolicy.MixedFloat16, LossScaling.Parse(scaling), passes);

        Assert.IsLessThan(0.5, Auc(model));
        TrainingResult training = model.Training!;
        Assert.AreEqual(training.Skipped, training.History.Sum(epoch => (long)epoch.Lost));
        Assert.IsTrue(training.History.All(epoch => epoch.AttemptCount == 8 && epoch.Attempts.All(attempt => attempt.RetryPass == 0)));
        string warning = training.Warnings.First(text => text.Contains("again and again", StringComparison.Ordinal));
        StringAssert.Contains(warning, "row 2000 (counted from 0");
    }

    private static NetworkBinaryTransformer Fit(PrecisionPolicy policy, LossScaling scaling, int? passes = null)
    {
        var options = new MlpBinaryTrainer.Options
        {
            HiddenLayers = [8],
            Precision = policy,
            LossScaling = scaling,
            PositiveClassWeight = 1e5f,
            BatchSize = 256,
            Epochs = Epochs,
            LearningRate = 0.01f,
            Activation = ActivationKind.Relu,
            ValidationFraction = 0,
            FeatureScaling = FeatureScaling.None,
            Device = ComputeDevice.Cpu,
        };
        options.RetryPasses = passes ?? options.RetryPasses;
        return Ml.MixedPrecision().Trainers.MlpBinary(options).Fit(Data);
    }

    private static double Auc(NetworkBinaryTransformer model) => Ml.BinaryClassification.Evaluate(model.Transform(Data)).AreaUnderRocCurve;

    private static IEnumerable<Example> Examples(int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, Rows).Select(i => new Example
        {
            Label = i == Rows - 1,
            Features = [.. Enumerable.Range(0, 4).Select(_ => ((float)random.NextDouble() * 2) - 1 - (i == Rows - 1 ? 3f : 0f))],
        }).ToArray();
    }

    private sealed class Example
    {
        public bool Label { get; set; }

        [VectorType(4)]
        public float[] Features { get; set; } = [];
    }
}
