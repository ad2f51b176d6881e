using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.SearchSpace;
using Options = Microsoft.ML.MixedPrecision.MlpMulticlassTrainer.Options;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Every option: its default, what is refused, and how it looks from outside.</summary>
[TestClass]
public sealed class MlpOptionsTests
{
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Name, a change that must be refused, and a part of the message beside the name.</summary>
    public static IEnumerable<object[]> Refused =>
    [
        .. Row(nameof(Options.LabelColumnName), options => options.LabelColumnName = "", "LabelColumnName is ''; it must be a column's "
            + "name, by default 'Label'."),
        .. Row(nameof(Options.LabelColumnName), options => options.LabelColumnName = null!,
            "LabelColumnName is null; it must be a column's name, by default 'Label'."),
        .. Row(nameof(Options.FeatureColumnName), options => options.FeatureColumnName = " ",
            "FeatureColumnName is ' '; it must be a column's name, by default 'Features'."),
        .. Row(nameof(Options.FeatureColumnNames), options => options.FeatureColumnNames = [],
            "FeatureColumnNames is []; it must be names of columns, each once, or null for the column FeatureColumnName."),
        .. Row(nameof(Options.FeatureColumnNames), options => options.FeatureColumnNames = ["Age", " "], "' ' at position 1"),
        .. Row(nameof(Options.FeatureColumnNames), options => options.FeatureColumnNames = ["Age", "Age"], "'Age' at position 1"),
        .. Row(nameof(Options.FeatureColumnNames), options => (options.FeatureColumnName, options.FeatureColumnNames) = ("All", ["Age"]),
            "FeatureColumnName is 'All' and FeatureColumnNames is [Age]; set one of them."),
        .. Row(nameof(Options.CategoricalColumnNames), options => options.CategoricalColumnNames = [],
            "CategoricalColumnNames is []; it must be names of columns, each once, or null for none."),
        .. Row(nameof(Options.CategoricalColumnNames),
            options => (options.FeatureColumnNames, options.CategoricalColumnNames) = (["Age", "City"], ["City"]),
            "CategoricalColumnNames and the columns of features both name 'City'; name it in one of them."),
        .. Row(nameof(Options.ExampleWeightColumnName), options => options.ExampleWeightColumnName = "", "null for no weights"),
        .. Row(
            nameof(Options.ExampleWeightColumnName),
            options => options.ExampleWeightColumnName = "  ",
            "ExampleWeightColumnName is '  '"),
        .. Row(nameof(Options.HiddenLayers), options => options.HiddenLayers = null!, "HiddenLayers is null; it must be widths from 1 "
            + "to 1048576"),
        .. Row(nameof(Options.HiddenLayers), options => options.HiddenLayers = [8, 0], "0 at position 1"),
        .. Row(nameof(Options.HiddenLayers), options => options.HiddenLayers = [1048577], "1048577 at position 0"),
        .. Row(nameof(Options.Activation), options => options.Activation = (ActivationKind)99, "one of None, Relu"),
        .. Row(nameof(Options.Normalization), options => options.Normalization = (NormalizationKind)7, "one of None, LayerNorm, BatchNorm"),
        .. Row(nameof(Options.Dropout), options => options.Dropout = 1, "below 1"),
        .. Row(nameof(Options.Members), options => options.Members = 0, "from 1, for a single network, to 128"),
        .. Row(nameof(Options.Members), options => options.Members = 129, "from 1, for a single network, to 128"),
        .. Row(
            nameof(Options.Members),
            options => (options.Members, options.Normalization) = (2, NormalizationKind.BatchNorm),
            "use LayerNorm with members"),
        .. Row(nameof(Options.MemberKind), options => options.MemberKind = (MemberKind)7, "one of TabM, Mini, Independent"),
        .. Row(
            nameof(Options.MemberKind),
            options => (options.Members, options.MemberKind, options.Normalization)
                = (2, MemberKind.Independent, NormalizationKind.LayerNorm),
            "TabM or Mini with LayerNorm or ParametricActivation"),
        .. Row(
            nameof(Options.MemberKind),
            options => (options.Members, options.MemberKind, options.ParametricActivation) = (2, MemberKind.Independent, true),
            "TabM or Mini with LayerNorm or ParametricActivation"),
        .. Row(
            nameof(Options.Members),
            options => (options.Members, options.Parametrization) = (2, Parametrization.NeuralTangent),
            "or use MemberKind Independent"),
        .. Row(nameof(Options.Precision), options => options.Precision = null!, "Precision is null; it must be a PrecisionPolicy, by "
            + "default PrecisionPolicy.Auto."),
        .. Row(nameof(Options.LossScaling), options => options.LossScaling = null!, "LossScaling is null; it must be a LossScaling, by "
            + "default LossScaling.Auto."),
        .. Row(
            "Float16",
            options => (options.Precision, options.LossScaling) = (PrecisionPolicy.MixedFloat16, LossScaling.None),
            "LossScaling.Auto"),
        .. Row(nameof(Options.Device), options => options.Device = null!, "Device is null; it must be a ComputeDevice, by default "
            + "ComputeDevice.Auto."),
        .. Row(nameof(Options.Optimizer), options => options.Optimizer = (OptimizerKind)7, "one of AdamW, Sgd"),
        .. Row(nameof(Options.BatchSize), options => options.BatchSize = 0, "at least 1"),
        .. Row(
            nameof(Options.BatchSize),
            options => (options.BatchSize, options.Normalization) = (1, NormalizationKind.BatchNorm),
            "use LayerNorm"),
        .. Row(nameof(Options.Epochs), options => options.Epochs = -1, "at least 1"),
        .. Row(nameof(Options.LearningRate), options => options.LearningRate = 0, "above 0"),
        .. Row(nameof(Options.LearningRate), options => options.LearningRate = float.NaN, "above 0"),
        .. Row(nameof(Options.LearningRate), options => options.LearningRate = float.PositiveInfinity, "finite"),
        .. Row(nameof(Options.WeightDecay), options => options.WeightDecay = -1e-3f, "at least 0"),
        .. Row(nameof(Options.WeightDecay), options => options.WeightDecay = float.NaN, "finite"),
        .. Row(nameof(Options.Momentum), options => options.Momentum = 1, "below 1"),
        .. Row(nameof(Options.Momentum), options => options.Momentum = -0.1f, "at least 0"),
        .. Row(nameof(Options.Beta1), options => options.Beta1 = 1, "below 1"),
        .. Row(nameof(Options.Beta2), options => options.Beta2 = float.NaN, "below 1"),
        .. Row(nameof(Options.Epsilon), options => options.Epsilon = 0, "above 0"),
        .. Row(nameof(Options.GradientAccumulationSteps), options => options.GradientAccumulationSteps = 0, "at least 1"),
        .. Row(
            nameof(Options.GradientAccumulationSteps),
            options => (options.BatchSize, options.GradientAccumulationSteps) = (1 << 20, 1 << 12),
            "at most 2047"),
        .. Row(nameof(Options.ClipNorm), options => options.ClipNorm = 0, "above 0"),
        .. Row(nameof(Options.ClipNorm), options => options.ClipNorm = float.PositiveInfinity, "finite"),
        .. Row(nameof(Options.ClipValue), options => options.ClipValue = -1, "above 0"),
        .. Row(nameof(Options.ClipValue), options => (options.ClipNorm, options.ClipValue) = (1, 1), "by norm or by value"),
        .. Row(nameof(Options.NumberOfThreads), options => options.NumberOfThreads = 0, "null for all cores"),
        .. Row(nameof(Options.NumberOfThreads), options => options.NumberOfThreads = 1025, "1 to 1024"),
        .. Row(nameof(Options.MemoryLimit), options => options.MemoryLimit = -1, "at least 0 bytes"),
        .. Row(nameof(Options.FeatureScaling), options => options.FeatureScaling = (FeatureScaling)7, "one of None, Standard, Robust"),
        .. Row(
            nameof(Options.MissingValues), options => options.MissingValues = (MissingValues)7, "one of Reject, ImputeAndIndicate"),
        .. Row(nameof(Options.Members), options => (options.Members, options.DataDrivenStart) = (4, true), "1 with DataDrivenStart"),
        .. Row(nameof(Options.Preset), options => options.Preset = (MlpPreset)7, "one of None, RealMlpSimple, RealMlp"),
        .. Row(
            nameof(Options.NumericEmbedding),
            options => options.NumericEmbedding = (NumericEmbedding)7,
            "one of None, Periodic, PiecewiseLinear"),
        .. Row(
            nameof(Options.SparseFeatures),
            options => options.SparseFeatures = (SparseFeatures)7,
            "one of Auto, Dense, EmbeddingBag"),
        .. Row(nameof(Options.Parametrization), options => options.Parametrization = (Parametrization)7, "one of Standard, NeuralTangent"),
        .. Row(nameof(Options.BiasLearningRateFactor), options => options.BiasLearningRateFactor = 0, "above 0"),
        .. Row(nameof(Options.ScaleLearningRateFactor), options => options.ScaleLearningRateFactor = float.PositiveInfinity, "above 0"),
        .. Row(
            nameof(Options.RegularizationSchedule),
            options => options.RegularizationSchedule = (RegularizationSchedule)7,
            "one of Constant, FlatCos"),
        .. Row(nameof(Options.ValidationFraction), options => options.ValidationFraction = 1, "below 1"),
        .. Row(nameof(Options.ValidationFraction), options => options.ValidationFraction = -0.5f, "at least 0"),
        .. Row(
            nameof(Options.ValidationFraction),
            options => (options.ValidationFraction, options.ValidationSet) = (0.1f, Ml.Data.LoadFromEnumerable(Blob.Rows(3))),
            "ValidationSet"),
        .. Row(
            nameof(Options.BestEpochMetric),
            options => options.BestEpochMetric = (BestEpochMetric)9,
            "one of Loss, Accuracy, Auc, Rmse"),
        .. Row(nameof(Options.BestEpochMetric), options => options.BestEpochMetric = BestEpochMetric.Rmse, "one of Loss, Accuracy, Auc."),
        .. Row(nameof(Options.EarlyStoppingPatience), options => options.EarlyStoppingPatience = -1, "at least 0"),
        .. Row(nameof(Options.Schedule), options => options.Schedule = (LearningRateSchedule)9,
            "one of Constant, Linear, Cosine, OneCycle, CosLog, FlatCos"),
        .. Row(nameof(Options.WarmupFraction), options => options.WarmupFraction = 1, "below 1"),
        .. Row(
            nameof(Options.FinalLearningRateFraction),
            options => (options.Schedule, options.FinalLearningRateFraction) = (LearningRateSchedule.Cosine, 1.1f),
            "from 0 to 1"),
        .. Row(nameof(Options.LabelSmoothing), options => options.LabelSmoothing = 1, "below 1"),
        .. Row(nameof(Options.ClassWeights), options => options.ClassWeights = new Dictionary<string, float> { ["a"] = -1 }, "-1 for 'a'"),
        .. Row(nameof(Options.RangeProbeInterval), options => options.RangeProbeInterval = -5, "at least 0"),
        .. Row(nameof(Options.InvalidFeatures), options => options.InvalidFeatures = (InvalidFeatures)7, "one of ScoreNaN, Throw"),
        .. Row(nameof(Options.Checkpoint), options => options.Checkpoint = new CheckpointOptions(),
            "Checkpoint.Folder is ''; it must be a folder's path"),
        .. Row(nameof(Options.Checkpoint), options => options.Checkpoint = Checkpoints(checkpoint => checkpoint.EveryEpochs = 0),
            "Checkpoint.EveryEpochs is 0; it must be at least 1"),
        .. Row(nameof(Options.Checkpoint), options => options.Checkpoint = Checkpoints(checkpoint => checkpoint.EverySteps = 0),
            "Checkpoint.EverySteps is 0; it must be at least 1"),
        .. Row(nameof(Options.Checkpoint), options => options.Checkpoint = Checkpoints(checkpoint => checkpoint.Every = TimeSpan.Zero),
            "Checkpoint.Every is 00:00:00; it must be above 0"),
        .. Row(nameof(Options.Checkpoint), options => options.Checkpoint = Checkpoints(checkpoint => checkpoint.Keep = 0),
            "Checkpoint.Keep is 0; it must be at least 1"),
        .. Row(
            nameof(Options.Checkpoint),
            options => options.Checkpoint = Checkpoints(
                checkpoint => (checkpoint.EverySteps, checkpoint.Every) = (5, TimeSpan.FromHours(1))),
            "one interval at most"),
        .. Row(
            nameof(Options.Checkpoint),
            options => options.Checkpoint = Checkpoints(checkpoint => (checkpoint.EverySteps, checkpoint.EveryEpochs) = (5, 5)),
            "one interval at most"),
        .. Row(nameof(Options.Observers), options => options.Observers = null!, "[] for nobody"),
        .. Row(nameof(Options.Observers), options => options.Observers = [null!], "a list with null in it"),
        .. Row(nameof(Options.RetryPasses), options => options.RetryPasses = -1, "at least 0"),
        .. Row(
            nameof(Options.RefitOnAll),
            options => (options.RefitOnAll, options.Checkpoint) = (true, Checkpoints(_ => { })),
            "RefitOnAll is True; it must be false where Checkpoint is set"),
        .. Row(nameof(Options.Bags), options => options.Bags = 0, "Bags is 0; it must be from 1, for a single network, to 100"),
        .. Row(nameof(Options.Bags), options => options.Bags = 101, "to 100"),
        .. Row(nameof(Options.Bags), options => (options.Bags, options.ValidationFraction) = (5, 0.1f),
            "Bags is 5; it must be 1 where ValidationFraction is set"),
        .. Row(nameof(Options.Bags), options => (options.Bags, options.ValidationSet) = (5, Ml.Data.LoadFromEnumerable(Sample.Rows(1))),
            "it must be 1 where ValidationSet is set"),
        .. Row(nameof(Options.Bags), options => (options.Bags, options.RefitOnAll) = (5, true), "it must be 1 where RefitOnAll is true"),
        .. Row(
            nameof(Options.Bags),
            options => (options.Bags, options.Checkpoint) = (5, Checkpoints(_ => { })),
            "it must be 1 where Checkpoint is set"),
    ];

    [TestMethod]
    [DynamicData(nameof(Refused))]
    public void Constructor_OfRefusedOption_SaysNameValueAndWhatIsAllowed(string name, Action<Options> change, string part)
    {
        var options = new Options();
        change(options);

        var error = Assert.Throws<ArgumentException>(() => Ml.MixedPrecision().Trainers.MlpMulticlass(options));

        StringAssert.Contains(error.Message, name);
        StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    public void Refused_Table_CoversEveryOptionWithARange()
    {
        string[] anything = [
            nameof(Options.Seed),
            nameof(Options.SaveHistory),
            nameof(Options.Nesterov),
            nameof(Options.ScaleLayer),
            nameof(Options.ParametricActivation),
            nameof(Options.ZeroOutputLayer),
            nameof(Options.DataDrivenStart),
            nameof(Options.Residual),
            nameof(Options.ValidationSet),
            nameof(Options.MetricsCallback),
            nameof(Options.StopToken),
            nameof(Options.KeepUnfinishedModel),
            nameof(Options.CancellationToken)];
        string[] options = [.. typeof(Options).GetProperties().Select(property => property.Name).Except(anything).Order()];

        CollectionAssert.AreEqual(
            options,
            Refused.Select(row => (string)row[0]).Where(name => name != "Float16").Distinct().Order().ToArray());
    }

    [TestMethod]
    public void Constructor_OfDefaults_IsTheDocumentedTable()
    {
        var options = new Options();

        CollectionAssert.AreEqual(new[] { 256, 128 }, options.HiddenLayers.ToArray());
        Assert.AreEqual(
            (ActivationKind.Silu, OptimizerKind.AdamW, null, null),
            (options.Activation, options.Optimizer, options.BatchSize, options.Epochs));
        Assert.AreEqual((NormalizationKind.None, FeatureScaling.Robust), (options.Normalization, options.FeatureScaling));
        Assert.AreEqual(MissingValues.ImputeAndIndicate, options.MissingValues);
        Assert.AreEqual((1e-3f, 1e-2f), (options.LearningRate, options.WeightDecay));
        Assert.AreEqual(
            (PrecisionPolicy.Auto, LossScaling.Auto, ComputeDevice.Auto),
            (options.Precision, options.LossScaling, options.Device));
        Assert.AreEqual((null, null), (options.EarlyStoppingPatience, options.ValidationFraction));
        Assert.AreEqual((1, MemberKind.TabM), (options.Members, options.MemberKind));
        Assert.AreEqual((16, InvalidFeatures.ScoreNaN), (options.RetryPasses, options.InvalidFeatures));
        Ml.MixedPrecision().Trainers.MlpMulticlass(options);
    }

    [TestMethod]
    public void Json_OfOptions_RestoresEveryValue()
    {
        var settings = new JsonSerializerOptions { Converters = { new JsonStringEnumConverter() } };
        var options = new Options
        {
            HiddenLayers = [3, 4],
            Activation = ActivationKind.Silu,
            ClassWeights = new Dictionary<string, float> { ["a"] = 2, ["b"] = 0.5f },
            Schedule = LearningRateSchedule.Cosine,
            Normalization = NormalizationKind.LayerNorm,
            Precision = PrecisionPolicy.MixedFloat16.WithLayer("output", NumericFormat.Float32),
            LossScaling = LossScaling.Static(1024),
            Device = ComputeDevice.Cpu,
            ClipNorm = 0.5f,
            Checkpoint = new CheckpointOptions { Folder = "checkpoints", Every = TimeSpan.FromSeconds(90), Keep = 3, Resume = false },
            Seed = 7,
            ValidationFraction = 0.25f,
            MetricsCallback = _ => { },
            ValidationSet = Ml.Data.LoadFromEnumerable(Blob.Rows(3)),
        };

        string json = JsonSerializer.Serialize(options, settings);
        Options restored = JsonSerializer.Deserialize<Options>(json, settings)!;

        Assert.AreEqual(json, JsonSerializer.Serialize(restored, settings));
        Assert.AreEqual(options.Precision, restored.Precision);
        Assert.AreEqual(options.Normalization, restored.Normalization);
        Assert.AreEqual(0.5f, restored.ClassWeights!["b"]);
        Assert.AreEqual((0.25f, null), (restored.ValidationFraction, restored.EarlyStoppingPatience));
        Assert.AreEqual("'checkpoints', every 00:01:30, keep 3, do not resume", restored.Checkpoint!.ToString());
        Assert.IsNull(restored.MetricsCallback);
        Assert.IsFalse(json.Contains("ValidationSet", StringComparison.Ordinal));
    }

    [TestMethod]
    public void SearchSpace_OfOptions_ContainsTheDefaults()
    {
        var options = new Options();
        foreach (PropertyInfo property in typeof(Options).GetProperties())
        {
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && property.Name != nameof(Options.Momentum))
            {
                // Of those that the rows decide, what holds for a table that is usual: some thousand rows, of which a tenth validates.
                double value = Convert.ToDouble(
                    property.GetValue(options) ?? (property.Name == nameof(Options.BatchSize) ? 64 : 256), null);
                Assert.AreEqual(value, Convert.ToDouble(range.Init, null), value * 1e-6, property.Name);
                Assert.IsTrue(Convert.ToDouble(range.Min, null) <= value && value <= Convert.ToDouble(range.Max, null), property.Name);
            }

            Assert.IsFalse(
                property.Name == nameof(Options.Checkpoint)
                    && property.GetCustomAttributes().Any(
                        attribute => attribute is RangeAttribute or ChoiceAttribute or BooleanChoiceAttribute or NestOptionAttribute));
            if (property.GetCustomAttribute<ChoiceAttribute>() is { } choice)
            {
                CollectionAssert.Contains(choice.Candidates, property.GetValue(options));
            }
        }
    }

    private static CheckpointOptions Checkpoints(Action<CheckpointOptions> change)
    {
        var checkpoints = new CheckpointOptions { Folder = "checkpoints" };
        change(checkpoints);
        return checkpoints;
    }

    private static IEnumerable<object[]> Row(string name, Action<Options> change, string part) => [[name, change, part]];
}
