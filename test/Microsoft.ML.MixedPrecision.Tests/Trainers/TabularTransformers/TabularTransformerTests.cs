using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.TabularTransformers;

/// <summary>The trainers of tabular Transformers, on rows where a number and a category mean something together alone.</summary>
[TestClass]
public sealed class TabularTransformerTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Twist.Rows(1500));
    private static readonly Twist[] Unseen = Twist.Rows(1000, seed: 2);
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Unseen);
    private static readonly Lazy<TransformerChain<NetworkBinaryTransformer>> Fitted = new(() => Binary().Fit(Train));

    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void Fit_OfYesOrNo_LearnsWhatBothColumnsSayTogether(string policy)
    {
        ITransformer model = Binary(options => options.Precision = PrecisionPolicy.Parse(policy)).Fit(Train);

        double area = Ml.BinaryClassification.Evaluate(model.Transform(Test), nameof(Twist.IsUp)).AreaUnderRocCurve;
        Console.WriteLine($"area under the curve {area:F4}");
        Assert.IsGreaterThan(0.98, area);
    }

    [TestMethod]
    public void Fit_OfClasses_LearnsThem()
    {
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("Label", nameof(Twist.Side))
            .Append(Keys())
            .Append(Ml.MixedPrecision().Trainers.TabularTransformerMulticlass(
                Small(new TabularTransformerMulticlassTrainer.Options())));

        double accuracy = Ml.MulticlassClassification.Evaluate(pipeline.Fit(Train).Transform(Test)).MicroAccuracy;
        Console.WriteLine($"accuracy {accuracy:F4}");
        Assert.IsGreaterThan(0.9, accuracy);
    }

    [TestMethod]
    public void Fit_OfNumbers_PredictsThem()
    {
        var pipeline = Keys().Append(Ml.MixedPrecision().Trainers.TabularTransformerRegression(
            Small(new TabularTransformerRegressionTrainer.Options { LabelColumnName = nameof(Twist.Height) })));

        double share = Ml.Regression.Evaluate(pipeline.Fit(Train).Transform(Test), nameof(Twist.Height)).RSquared;
        Console.WriteLine($"R² {share:F4}");
        Assert.IsGreaterThan(0.95, share);
    }

    /// <summary>Two numbers, an indicator of the second one's gaps and the kind, each a token, behind the one that gathers.</summary>
    [TestMethod]
    public void Network_OfNumbersGapsAndACategory_HasATokenForEach()
    {
        NetworkSpec spec = Fitted.Value.LastTransformer.Network.Network.Spec;

        StringAssert.StartsWith(
            spec.ToString(), "2 numbers and 1 categories of 3 levels with gaps filled and 1 indicators of gaps scaled (Robust), "
                + "CategoryEmbedding 16, FeatureTokens of 3 numbers, 16, Residual (Linear 48, ");
        Parameter bias = Fitted.Value.LastTransformer.Network.Network.Parameters.Single(parameter => parameter.Name == "tokens.bias");
        Assert.AreEqual((5, 16), (bias.Rows, bias.Columns));
    }

    [TestMethod]
    public void SaveAndLoad_AndPredictionEngine_GiveTheBitsOfTransform()
    {
        float[] expected = [.. Fitted.Value.Transform(Test).GetColumn<float>("Score")];
        ITransformer loaded = Models.Load(Models.Save(Fitted.Value, Train.Schema), new MLContext(seed: 9));
        using var engine = Ml.Model.CreatePredictionEngine<Twist, Answer>(loaded, new PredictionEngineOptions { OwnsTransformer = false });

        CollectionAssert.AreEqual(expected, loaded.Transform(Test).GetColumn<float>("Score").ToArray());
        CollectionAssert.AreEqual(expected, Unseen.Select(row => engine.Predict(row).Score).ToArray());
        Assert.IsGreaterThan(900, expected.Distinct().Count());
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32, 1e-4)]
    [DataRow(NumericFormat.Float16, 3e-2)]
    public void ExportToOnnx_OfATrainedModel_ScoresAsItDoes(NumericFormat format, double tolerance)
    {
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            Fitted.Value, Test, stream, new OnnxExportOptions { Format = format });

        CollectionAssert.AreEquivalent(
            new[] { nameof(Twist.First), nameof(Twist.Second), nameof(Twist.Kind) }, report.Inputs.ToArray());
        Assert.IsLessThan(tolerance, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    /// <summary>Neither categories nor several columns: a vector of features, whose slots are tokens.</summary>
    [TestMethod]
    public void Fit_OfAVectorOfFeatures_LearnsAndExports()
    {
        var pipeline = Ml.Transforms.Categorical.OneHotEncoding("Kinds", nameof(Twist.Kind))
            .Append(Ml.Transforms.Concatenate("Features", nameof(Twist.First), "Kinds"))
            .Append(Ml.MixedPrecision().Trainers.TabularTransformerBinary(Small(
                new TabularTransformerBinaryTrainer.Options { LabelColumnName = nameof(Twist.IsUp) },
                options => (options.FeatureColumnNames, options.CategoricalColumnNames) = (null, null))));
        ITransformer model = pipeline.Fit(Train);
        using var stream = new MemoryStream();

        Assert.IsGreaterThan(0.98, Ml.BinaryClassification.Evaluate(model.Transform(Test), nameof(Twist.IsUp)).AreaUnderRocCurve);
        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, Test, stream);
        Assert.IsLessThan(1e-4, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    /// <summary>The mean of two networks, each behind the same preparation.</summary>
    [TestMethod]
    public void Fit_OfTwoBags_IsTheMeanOfTwoTransformers()
    {
        ITransformer model = Binary(options => (options.Bags, options.ValidationFraction, options.Epochs) = (2, null, 3)).Fit(Train);
        using var stream = new MemoryStream();

        StringAssert.Contains(
            ((TransformerChain<NetworkBinaryTransformer>)model).LastTransformer.Network.Network.Spec.ToString(), "Ensemble");
        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, Test, stream);
        Assert.IsLessThan(1e-4, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    [TestMethod]
    public void Fit_FromAPreviousModel_GoesOnFromItsWeights()
    {
        IDataView mapped = Keys().Fit(Train).Transform(Train);
        TabularTransformerBinaryTrainer.Options options = Small(
            new TabularTransformerBinaryTrainer.Options { LabelColumnName = nameof(Twist.IsUp) }, options => options.Epochs = 1);
        NetworkBinaryTransformer first = Ml.MixedPrecision().Trainers.TabularTransformerBinary(options).Fit(mapped);
        options.LearningRate = 1e-20f;

        NetworkBinaryTransformer second = Ml.MixedPrecision().Trainers.TabularTransformerBinary(options).Fit(mapped, null, first);

        foreach ((Parameter before, Parameter after) in first.Network.Network.Parameters.Zip(second.Network.Network.Parameters))
        {
            CollectionAssert.AreEqual(before.Values, after.Values, before.Name);
        }

        options.Layers = 1;
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(
                () => Ml.MixedPrecision().Trainers.TabularTransformerBinary(options).Fit(mapped, null, first)).Message,
            "The previous model is ");
    }

    [TestMethod]
    [DataRow(nameof(TabularTransformerTrainerOptions.Layers), 0)]
    [DataRow(nameof(TabularTransformerTrainerOptions.Layers), 65)]
    [DataRow(nameof(TabularTransformerTrainerOptions.Width), 0)]
    [DataRow(nameof(TabularTransformerTrainerOptions.Width), 520)]
    [DataRow(nameof(TabularTransformerTrainerOptions.Heads), 0)]
    [DataRow(nameof(TabularTransformerTrainerOptions.Heads), 7)]
    [DataRow(nameof(TabularTransformerTrainerOptions.FeedForward), 0)]
    [DataRow(nameof(TabularTransformerTrainerOptions.Dropout), 1f)]
    [DataRow(nameof(TabularTransformerTrainerOptions.AttentionDropout), -0.1f)]
    [DataRow(nameof(TableTrainerOptions.MissingValues), (MissingValues)9)]
    public void Options_OutOfRange_AreRefusedByName(string name, object value)
    {
        var options = new TabularTransformerRegressionTrainer.Options();
        typeof(TabularTransformerRegressionTrainer.Options).GetProperty(name)!.SetValue(options, value);

        ArgumentException error = Assert.Throws<ArgumentException>(
            () => Ml.MixedPrecision().Trainers.TabularTransformerRegression(options));

        Assert.AreEqual(name, error.ParamName);
    }

    [TestMethod]
    public void Network_OfMoreFeaturesThanTokens_IsRefused()
        => StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => new TabularTransformer(
                NumbersInput.OfTable(4096, FeatureScaling.None, MissingValues.Reject, null, null), 1, 8, 1, 8, 1).ToSpec()).Message,
            "A row has 4096 features and indicators of gaps, each of which is a token; a Transformer reads at most 4095.");

    private static EstimatorChain<NetworkBinaryTransformer> Binary(Action<TabularTransformerTrainerOptions>? change = null)
        => Keys().Append(Ml.MixedPrecision().Trainers.TabularTransformerBinary(
            Small(new TabularTransformerBinaryTrainer.Options { LabelColumnName = nameof(Twist.IsUp) }, change)));

    private static IEstimator<ITransformer> Keys() => Ml.Transforms.Conversion.MapValueToKey("KindKey", nameof(Twist.Kind));

    private static TOptions Small<TOptions>(TOptions options, Action<TabularTransformerTrainerOptions>? change = null)
        where TOptions : TabularTransformerTrainerOptions
    {
        (options.FeatureColumnNames, options.CategoricalColumnNames) = ([nameof(Twist.First), nameof(Twist.Second)], ["KindKey"]);
        (options.Layers, options.Width, options.Heads, options.Dropout, options.AttentionDropout) = (2, 16, 2, 0, 0.1f);
        (options.LearningRate, options.BatchSize, options.Epochs, options.Seed, options.ValidationFraction) = (3e-3f, 32, 12, 1, 0);
        change?.Invoke(options);
        return options;
    }

    private sealed class Answer
    {
        public float Score { get; set; }
    }
}
