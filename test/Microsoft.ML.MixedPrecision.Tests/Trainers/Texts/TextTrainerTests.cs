using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>Trainers that read texts, through ML.NET: learning, saving, single rows, ONNX, odd texts, what they refuse.</summary>
[TestClass]
public sealed class TextTrainerTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(TextRow.Rows(360));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(TextRow.Rows(150, seed: 9));
    private static readonly Lazy<ITransformer> Classes = new(() => Pipeline(Options()).Fit(Train));

    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void TextClassification_WordAnywhere_IsLearned(string policy)
    {
        ITransformer model = policy == "float32"
            ? Classes.Value
            : Pipeline(Options(options => options.Precision = PrecisionPolicy.Parse(policy))).Fit(Train);

        MulticlassClassificationMetrics metrics = Ml.MulticlassClassification.Evaluate(model.Transform(Test), "Group");

        Assert.IsGreaterThan(0.9, metrics.MicroAccuracy, "a third by chance");
    }

    [TestMethod]
    public void TextBinary_WordAnywhere_IsLearned()
    {
        ITransformer model = Ml.MixedPrecision().Trainers.TextBinary(Changed(new TextBinaryTrainer.Options
        {
            LabelColumnName = nameof(TextRow.IsTool),
        })).Fit(Train);

        BinaryClassificationMetrics metrics = Ml.BinaryClassification.Evaluate(model.Transform(Test), nameof(TextRow.IsTool));

        Assert.IsGreaterThan(0.9, metrics.Accuracy, "two thirds by chance");
    }

    [TestMethod]
    public void TextRegression_WordAnywhere_IsLearned()
    {
        ITransformer model = Ml.MixedPrecision().Trainers.TextRegression(Changed(new TextRegressionTrainer.Options
        {
            LabelColumnName = nameof(TextRow.Number),
        })).Fit(Train);

        RegressionMetrics metrics = Ml.Regression.Evaluate(model.Transform(Test), nameof(TextRow.Number));

        Assert.IsGreaterThan(0.8, metrics.RSquared);
    }

    /// <summary>The class is in the second text alone.</summary>
    [TestMethod]
    public void TextClassification_OfPairs_ReadsBothTexts()
    {
        IDataView pairs = Ml.Data.LoadFromEnumerable(
            TextRow.Rows(360).Select(row => new TextRow { Text = row.Other, Other = row.Text, Group = row.Group }));
        ITransformer model = Pipeline(Options(options => options.SecondTextColumnName = nameof(TextRow.Other))).Fit(pairs);

        MulticlassClassificationMetrics metrics = Ml.MulticlassClassification.Evaluate(model.Transform(pairs), "Group");

        Assert.IsGreaterThan(0.9, metrics.MicroAccuracy);
    }

    [TestMethod]
    public void Model_SavedAndLoaded_ScoresTheSameBits()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.zip");
        Ml.Model.Save(Classes.Value, Train.Schema, path);

        ITransformer loaded = new MLContext().Model.Load(path, out _);

        AssertAlike(Scores(Classes.Value, Test), Scores(loaded, Test));
    }

    [TestMethod]
    public void Engine_RowByRow_ScoresTheBitsOfBulk()
    {
        float[][] bulk = Scores(Classes.Value, Test);
        using PredictionEngine<TextRow, TextScore> engine = Ml.Model.CreatePredictionEngine<TextRow, TextScore>(Classes.Value);

        AssertAlike(bulk, [.. TextRow.Rows(150, seed: 9).Select(row => engine.Predict(row).Score.ToArray())]);
    }

    /// <summary>Whatever a text holds, a score comes out, and a missing text is an empty one.</summary>
    [TestMethod]
    public void Score_OddTexts_IsFinite()
    {
        using PredictionEngine<TextRow, TextScore> engine = Ml.Model.CreatePredictionEngine<TextRow, TextScore>(Classes.Value);
        float[] Of(string? text) => [.. engine.Predict(new TextRow { Text = text! }).Score];
        string[] odd =
        [
            "", " ", "\0", "\uD800", "cat \uDC00 dog", "🐈🐕", "e\u0301", "نص", "猫", new string('x', 100_000),
            string.Concat(Enumerable.Repeat("cat ", 20_000)),
        ];

        foreach (string text in odd)
        {
            Assert.IsTrue(Array.TrueForAll(Of(text), float.IsFinite), $"{text.Length} chars");
        }

        CollectionAssert.AreEqual(Of(""), Of(null));
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.Float16)]
    public void Export_NetworkOfTexts_AgreesWithTheModel(NumericFormat format)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportNetworkToOnnx(
            Classes.Value, Test, path, new OnnxExportOptions { Format = format });

        Assert.IsTrue(File.Exists(path));
        StringAssert.Contains(report.ToString(), "150 rows");
    }

    /// <summary>Plans beside that of the training: a step that measures the scale, and the look at a gradient that is lost under a tiny
    /// one.</summary>
    [TestMethod]
    public void Fit_ScaleMeasuredOrTooSmall_IsTold()
    {
        void Start(TextClassificationTrainer.Options options, LossScaling scaling)
        {
            (options.Precision, options.LossScaling) = (PrecisionPolicy.MixedFloat16, scaling);
            (options.Epochs, options.RangeProbeInterval) = (2, 1);
        }

        TrainingResult measured = Pipeline(Options(options => Start(options, LossScaling.Measured()))).Fit(Train).GetTraining()!;
        TrainingResult lost = Pipeline(Options(options => Start(options, LossScaling.Static(1f / 65536)))).Fit(Train).GetTraining()!;

        Assert.IsFalse(measured.Warnings.Any(IsOfLostGradients));
        Assert.IsTrue(lost.Warnings.Any(IsOfLostGradients), string.Join(Environment.NewLine, lost.Warnings));

        static bool IsOfLostGradients(string warning) => warning.Contains("the gradient in Float16 is off by", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Fit_TextsThatAreTooLong_SaysHowManyWereCut()
    {
        ITransformer model = Pipeline(Options(options => (options.MaxTokens, options.Epochs) = (6, 1))).Fit(Train);

        string warning = model.GetTraining()!.Warnings.Single(message => message.Contains("MaxTokens", StringComparison.Ordinal));

        int cut = TextRow.Rows(360).Count(row => row.Text.Split(' ').Length > 4);
        StringAssert.Contains(warning, $"{cut} of 360 rows have more tokens than MaxTokens, 6");
    }

    /// <summary>Rows are cut, and counted, by the first training's transformer, which scores others in between; its rows are as long as
    /// they
    /// were.</summary>
    [TestMethod]
    public void Fit_FromAModelThatCutTexts_SaysHowManyOfItsOwnRowsAndThatMaxTokensIsIdle()
    {
        NetworkBinaryTransformer Fitted(int maxTokens, NetworkBinaryTransformer? previous)
        {
            TextBinaryTrainer.Options options = Changed(new TextBinaryTrainer.Options { LabelColumnName = nameof(TextRow.IsTool) });
            (options.MaxTokens, options.Epochs) = (maxTokens, 1);
            TextBinaryTrainer trainer = Ml.MixedPrecision().Trainers.TextBinary(options);
            return previous is null ? trainer.Fit(Train) : trainer.Fit(Train, null, previous);
        }

        NetworkBinaryTransformer first = Fitted(6, null);
        Assert.AreEqual(150, first.Transform(Test).Preview(maxRows: 1000).RowView.Length);

        IReadOnlyList<string> warnings = Fitted(20, first).GetTraining()!.Warnings;

        int cut = TextRow.Rows(360).Count(row => row.Text.Split(' ').Length > 4);
        Assert.IsTrue(
            warnings.Any(warning => warning.Contains($"{cut} of 360 rows have more tokens", StringComparison.Ordinal)),
            string.Join(Environment.NewLine, warnings));
        Assert.IsTrue(
            warnings.Any(warning => warning.StartsWith("MaxTokens is 20, but training goes on", StringComparison.Ordinal)),
            string.Join(Environment.NewLine, warnings));
    }

    [TestMethod]
    public void Fit_OtherColumns_AreNamed()
    {
        string Refused(string column) => Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Pipeline(Options(options => options.TextColumnName = column)).Fit(Train)).Message;

        StringAssert.Contains(Refused("Nowhere"), "There is no text column 'Nowhere'");
        StringAssert.Contains(Refused(nameof(TextRow.Number)), "The text column 'Number' holds");
    }

    /// <summary>A column of the network's name is taken at its word, but must hold tokens.</summary>
    [TestMethod]
    public void Fit_ColumnOfTokensThatAreNone_IsNamed()
    {
        TokenRow[] bad = [.. TextRow.Rows(60).Select(
            (row, i) => new TokenRow { Group = row.Group, Tokens = [1, i == 7 ? 1.5f : 2, 0, 0] })];
        var schema = SchemaDefinition.Create(typeof(TokenRow));
        schema[nameof(TokenRow.Tokens)].ColumnName = "Tokens(Text)";
        IDataView data = Ml.Data.LoadFromEnumerable(bad, schema);

        string message = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Pipeline(Options()).Fit(data)).Message;

        StringAssert.Contains(message, "'Tokens(Text)'");
        StringAssert.Contains(message, "vocabulary");
    }

    [TestMethod]
    public void Options_OutsideTheirRange_AreRefused()
    {
        string Refused(Action<TextClassificationTrainer.Options> change)
        {
            var options = new TextClassificationTrainer.Options();
            change(options);
            return Assert.Throws<ArgumentException>(() => Ml.MixedPrecision().Trainers.TextClassification(options)).Message;
        }

        StringAssert.Contains(Refused(options => options.MaxTokens = 3), "MaxTokens is 3");
        StringAssert.Contains(Refused(options => options.Dropout = 1), "Dropout is 1");
        StringAssert.Contains(Refused(options => options.Tokenizer = null!), "Tokenizer is null; it must be");
        StringAssert.Contains(Refused(options => options.Backbone = null!), "Backbone is null; it must be");
        StringAssert.Contains(Refused(options => options.Pooling = (Pooling)9), "Pooling is 9");
        StringAssert.Contains(Refused(options => options.Truncation = (Truncation)9), "Truncation is 9");
        StringAssert.Contains(Refused(options => options.TextColumnName = ""), "TextColumnName");
        StringAssert.Contains(Refused(options => options.SecondTextColumnName = "Text"), "SecondTextColumnName is Text");
    }

    [TestMethod]
    public void Backbone_TextAndNumbers_AreReadBack()
    {
        string[] texts =
        [
            "transformer(layers=3, width=64, heads=8, feedForward=100)", "bert(layers=1, width=32, heads=1, feedForward=128)",
        ];
        foreach (string text in texts)
        {
            Assert.AreEqual(text, TextBackbone.Parse(text).ToString());
        }

        Assert.AreEqual(TextBackbone.Bert(), TextBackbone.Parse(" BERT "));
        Assert.AreNotEqual(TextBackbone.Bert(), TextBackbone.Transformer());
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => TextBackbone.Parse("gpt")).Message, "'gpt' is no backbone");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => TextBackbone.Parse("bert(depth=3)")).Message, "bert(depth=3)");
        Assert.AreEqual("heads", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TextBackbone.Transformer(heads: 3)).ParamName);
        Assert.AreEqual("layers", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TextBackbone.Transformer(layers: 0)).ParamName);
    }

    private static TextClassificationTrainer.Options Options(Action<TextClassificationTrainer.Options>? change = null)
    {
        TextClassificationTrainer.Options options = Changed(new TextClassificationTrainer.Options { LabelColumnName = "Group" });
        change?.Invoke(options);
        return options;
    }

    /// <summary>What learns in a moment.</summary>
    private static TOptions Changed<TOptions>(TOptions options)
        where TOptions : TextTrainerOptions
    {
        options.Tokenizer = TextTokenizer.TrainWords(200);
        options.Backbone = TextBackbone.Transformer(layers: 1, width: 32, heads: 2, feedForward: 64);
        options.MaxTokens = 20;
        options.Epochs = 20;
        options.LearningRate = 4e-3f;
        options.ValidationFraction = 0;
        options.Device = ComputeDevice.Cpu;
        return options;
    }

    private static EstimatorChain<NetworkMulticlassTransformer> Pipeline(TextClassificationTrainer.Options options)
        => Ml.Transforms.Conversion.MapValueToKey("Group").Append(Ml.MixedPrecision().Trainers.TextClassification(options));

    private static float[][] Scores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float[]>("Score")];

    private static void AssertAlike(float[][] expected, float[][] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row], actual[row], $"row {row}");
        }
    }

    private sealed class TokenRow
    {
        [VectorType(4)]
        public float[] Tokens { get; set; } = [];

        public string Group { get; set; } = "";
    }
}
