using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Language;

/// <summary>Data that are odd, runs that are cut, files that are damaged, and what a language model cannot do.</summary>
[TestClass]
public sealed class LanguageModelEdgeTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    public void Fit_NoTexts_IsRefused() => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().Fit(Data([]))).Message, "training set has no rows");

    /// <summary>There is nothing in them but their end.</summary>
    [TestMethod]
    public void Fit_EmptyTexts_LearnsThatTheyEnd()
    {
        LanguageModelTransformer model = Trainer(options => options.Tokenizer = TextTokenizer.Characters(10))
            .Fit(Data([.. Enumerable.Range(0, 200).Select(i => new Saying { Text = i % 2 == 0 ? null : "" })]));

        Assert.AreEqual(1, model.Evaluate(Data([new() { Text = "" }])).Perplexity, 0.05);
        Assert.AreEqual("", model.Generate("", new() { Seed = 1 }));
        Assert.IsTrue(double.IsNaN(model.Evaluate(Data([])).Perplexity), "no text says nothing");
    }

    [TestMethod]
    public void Fit_TextsInAVector_AreRefused()
    {
        IDataView data = Ml.Data.LoadFromEnumerable([new Many { Text = ["a", "b"] }]);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer().Fit(data)).Message, "it must hold a text");
    }

    [TestMethod]
    public void Fit_MissingWeightColumn_IsRefused() => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Trainer(options => options.ExampleWeightColumnName = "Mass").Fit(Data(Sayings.All))).Message,
        "no weight column 'Mass'");

    [TestMethod]
    public void Fit_NegativeWeight_NamesColumnAndRow()
    {
        Saying[] texts = Sayings.All;
        texts[0].Text = string.Join(' ', Enumerable.Repeat("cats often", 20)); // Several windows, but one row.
        texts[2].Weight = -1;
        string message = Assert.ThrowsExactly<InvalidOperationException>(
            () => Trainer(options => options.ExampleWeightColumnName = nameof(Saying.Weight)).Fit(Data(texts))).Message;
        StringAssert.Contains(message, "'Weight'");
        StringAssert.Contains(message, "Row 2");
    }

    /// <summary>A column of the data that has the name of one that is made is hidden, not read.</summary>
    [TestMethod]
    public void Transform_DataWithAColumnOfTheSameName_GivesTheModels()
    {
        LanguageModelTransformer model = Trainer().Fit(Data(Sayings.Draw(100)));
        IDataView data = Ml.Data.LoadFromEnumerable(Sayings.All.Select(saying => new Scored { Text = saying.Text, LogLikelihood = 42 }));

        float[] hidden = [.. model.Transform(data).GetColumn<float>("LogLikelihood")];

        CollectionAssert.AreEqual(model.Transform(Data(Sayings.All)).GetColumn<float>("LogLikelihood").ToArray(), hidden);
    }

    [TestMethod]
    public void Fit_CutAndStartedAgain_EndsWithTheSameBits()
    {
        using var folder = new TemporaryFolder();
        IDataView data = Data(Sayings.Draw(200));
        void Checkpointed(LanguageModelTrainer.Options options)
            => options.Checkpoint = new CheckpointOptions { Folder = folder.File("checkpoints") };
        float[] whole = Scores(Trainer().Fit(data));
        Assert.ThrowsExactly<InvalidOperationException>(() => Trainer(options =>
        {
            Checkpointed(options);
            options.Observers = [new Stop(epoch: 3)];
        }).Fit(data));

        LanguageModelTransformer resumed = Trainer(Checkpointed).Fit(data);

        CollectionAssert.AreEqual(whole, Scores(resumed));
        Assert.HasCount(6, resumed.Training!.History);
    }

    [TestMethod]
    public void LoadCheckpoint_OfACutFit_GivesALanguageModel()
    {
        using var folder = new TemporaryFolder();
        Assert.ThrowsExactly<InvalidOperationException>(() => Trainer(options =>
        {
            options.Checkpoint = new CheckpointOptions { Folder = folder.File("checkpoints") };
            options.Observers = [new Stop(epoch: 4)];
        }).Fit(Data(Sayings.Draw(200))));

        var loaded = (LanguageModelTransformer)Ml.MixedPrecision().Model.LoadCheckpoint(folder.File("checkpoints"));

        Assert.AreEqual("Text", loaded.TextColumnName);
        Assert.IsLessThan(
            Trainer(options => options.Epochs = 1).Fit(Data(Sayings.Draw(200))).Evaluate(Data(Sayings.All)).Perplexity,
            loaded.Evaluate(Data(Sayings.All)).Perplexity,
            "epochs until the cut were learned");
        StringAssert.StartsWith(loaded.Generate("dogs", new() { Seed = 1 }), "dogs");
    }

    [TestMethod]
    public void Fit_OnWithAnotherTokenizer_SaysThatItChangesNothing()
    {
        LanguageModelTransformer previous = Trainer().Fit(Data(Sayings.Draw(60)));

        LanguageModelTransformer next = Trainer(options => options.Tokenizer = TextTokenizer.Characters(50))
            .Fit(Data(Sayings.Draw(60)), null, previous);

        Assert.Contains("Tokenizer is", string.Join(' ', next.Training!.Warnings));
    }

    [TestMethod]
    public void Fit_ValidationSetWithoutTexts_IsRefused()
    {
        IDataView other = Ml.Data.LoadFromEnumerable([new Many { Text = ["a"] }]);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(
                () => Trainer(options => options.ValidationFraction = null).Fit(Data(Sayings.All), other)).Message,
            "of the validation set holds");
    }

    [TestMethod]
    public void Evaluate_ManyThreads_GivesTheSameFigures()
    {
        LanguageModelTransformer model = Trainer().Fit(Data(Sayings.Draw(100)));
        double expected = model.Evaluate(Data(Sayings.All)).LogLikelihood;
        string text = model.Generate("dogs", new() { Seed = 7 });

        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            Assert.AreEqual(expected, model.Evaluate(Data(Sayings.All)).LogLikelihood, 1e-9);
            Assert.AreEqual(text, model.Generate("dogs", new() { Seed = 7 }));
            if (i == 8)
            {
                model.Dispose();
            }
        });
    }

    [TestMethod]
    public void Load_FileWithAFlippedByte_IsRefusedOrScoresTheSame()
    {
        LanguageModelTransformer model = Trainer(options => options.Epochs = 1).Fit(Data(Sayings.Draw(60)));
        using var stream = new MemoryStream();
        Ml.Model.Save(model, null, stream);
        byte[] bytes = stream.ToArray();
        float[] expected = Scores(model);
        var random = new Random(3);
        for (int flip = 0; flip < 60; flip++)
        {
            byte[] damaged = [.. bytes];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            float[]? scores;
            try
            {
                scores = Scores((LanguageModelTransformer)new MLContext().Model.Load(new MemoryStream(damaged), out _));
            }
            catch (Exception)
            {
                continue;
            }

            CollectionAssert.AreEqual(expected, scores);
        }
    }

    [TestMethod]
    public void ExportToOnnx_LanguageModel_IsRefused()
    {
        LanguageModelTransformer model = Trainer(options => options.Epochs = 1).Fit(Data(Sayings.Draw(60)));
        string message = Assert.Throws<Exception>(() => Ml.MixedPrecision().Model.ExportNetworkToOnnx(model, Stream.Null)).Message;
        StringAssert.Contains(message, "language model");
    }

    private static LanguageModelTrainer Trainer(Action<LanguageModelTrainer.Options>? change = null)
    {
        var options = new LanguageModelTrainer.Options
        {
            Tokenizer = TextTokenizer.TrainWords(100),
            Backbone = TextBackbone.Transformer(layers: 1, width: 16, heads: 2),
            MaxTokens = 8,
            Epochs = 6,
            BatchSize = 16,
            LearningRate = 1e-2f,
            ValidationFraction = 0,
            Precision = PrecisionPolicy.MixedFloat16,
            Device = ComputeDevice.Cpu,
            Seed = 1,
        };
        change?.Invoke(options);
        return Ml.MixedPrecision().Trainers.LanguageModel(options);
    }

    private static IDataView Data(IEnumerable<Saying> texts) => Ml.Data.LoadFromEnumerable(texts);

    private static float[] Scores(LanguageModelTransformer model)
        => [.. model.Transform(Data(Sayings.All)).GetColumn<float>("LogLikelihood")];

    private sealed class Stop(int epoch) : IRunObserver
    {
        public void OnEpoch(TrainingMetrics metrics)
        {
            if (metrics.Epoch == epoch)
            {
                throw new InvalidOperationException("cut");
            }
        }
    }

    private sealed class Many
    {
        public string[] Text { get; set; } = [];
    }

    private sealed class Scored
    {
        public string? Text { get; set; }

        public float LogLikelihood { get; set; }
    }
}
