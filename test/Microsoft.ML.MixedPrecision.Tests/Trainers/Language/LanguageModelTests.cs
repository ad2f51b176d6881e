
namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Language;

/// <summary>Language models through ML.NET: what is learned of a language whose probabilities are known, saving, going on, what is
/// refused.</summary>
[TestClass]
public sealed class LanguageModelTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Lazy<LanguageModelTransformer> Model = new(() => Fit(Options()));

    /// <summary>No model can be better than the entropy; one that saw the word before alone would pay for where, ln 3 or so.</summary>
    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void LanguageModel_LanguageOfKnownEntropy_IsLearned(string policy)
    {
        LanguageModelTransformer model = policy == "float32"
            ? Model.Value
            : Fit(Options(options => options.Precision = PrecisionPolicy.Parse(policy)));

        LanguageModelMetrics metrics = model.Evaluate(Data(Sayings.All));

        Assert.AreEqual(Sayings.All.Length * Sayings.Tokens, metrics.TokenCount);
        Assert.AreEqual(Sayings.All.Length, metrics.TextCount);
        double nats = -metrics.LogLikelihood / Sayings.All.Length;
        Assert.IsGreaterThan(Sayings.Entropy - 1e-4, nats, "nobody knows more than there is to know");
        Assert.IsLessThan(Sayings.Entropy + 0.1, nats);
        Assert.AreEqual(Math.Exp(nats / Sayings.Tokens), metrics.Perplexity, 1e-9);
        Assert.AreEqual(nats / Sayings.Tokens / Math.Log(2), metrics.BitsPerToken, 1e-9);
    }

    [TestMethod]
    public void Transform_TextByText_SumsToWhatEvaluateMeasures()
    {
        Saying[] texts = [.. Sayings.All, new() { Text = null }, new() { Text = "" }, new() { Text = "dogs dogs 😀 \ud800" }];

        SayingScore[] scores = Scores(Model.Value, texts);
        LanguageModelMetrics metrics = Model.Value.Evaluate(Data(texts));

        Assert.AreEqual(metrics.TokenCount, scores.Sum(score => (long)score.TokenCount));
        Assert.AreEqual(metrics.LogLikelihood, scores.Sum(score => (double)score.LogLikelihood), 1e-3);
        Assert.AreEqual(1, scores[^2].TokenCount, "an empty text has its end");
        Assert.AreEqual(scores[^3].LogLikelihood, scores[^2].LogLikelihood, "a missing text is an empty one");
        Assert.IsTrue(scores.All(score => float.IsFinite(score.LogLikelihood)));
    }

    /// <summary>A text of 9 predictions in windows of 4: what is predicted in each is also the whole of a text of its own, but for the
    /// tokens that begin and end it.</summary>
    [TestMethod]
    public void Evaluate_TextLongerThanTheContext_CountsEachTokenOnce()
    {
        LanguageModelTransformer model = Fit(Options(options => options.MaxTokens = 4));
        const string Text = "cats often home . dogs never away .";

        LanguageModelMetrics metrics = model.Evaluate(Data([new() { Text = Text }]));
        SayingScore score = Scores(model, [new() { Text = Text }])[0];

        Assert.AreEqual(9, metrics.TokenCount);
        Assert.AreEqual(9, score.TokenCount);
        Assert.AreEqual(metrics.LogLikelihood, score.LogLikelihood, 1e-4);
        double first = Scores(model, [new() { Text = "cats often home ." }])[0].LogLikelihood;
        Assert.IsLessThan(first, metrics.LogLikelihood, "the rest is not free");
    }

    [TestMethod]
    public void Generate_MostLikelyToken_SaysWhatTheLanguageSays()
    {
        var greedy = new GenerationOptions { Temperature = 0 };

        Assert.AreEqual("dogs never away .", Model.Value.Generate("dogs never", greedy));
        Assert.AreEqual("birds often south .", Model.Value.Generate("birds often", greedy));
        StringAssert.StartsWith(Model.Value.Generate("", greedy), "cats ");
        Assert.AreEqual("dogs never away", Model.Value.Generate("dogs never", new() { Temperature = 0, MaxTokens = 1 }));
    }

    /// <summary>Who comes is drawn by ½, ¼, ¼: of 400 texts within 4 standard deviations of that.</summary>
    [TestMethod]
    public void Generate_ManySeeds_DrawsByTheLanguagesProbabilities()
    {
        HashSet<string?> all = [.. Sayings.All.Select(saying => saying.Text)];
        string[] texts = [.. Enumerable.Range(0, 400).Select(seed => Model.Value.Generate("", new() { Seed = seed }))];

        Assert.AreEqual(200, texts.Count(text => text.StartsWith("cats", StringComparison.Ordinal)), 4 * Math.Sqrt(100));
        Assert.AreEqual(100, texts.Count(text => text.StartsWith("dogs", StringComparison.Ordinal)), 4 * Math.Sqrt(75));
        Assert.IsGreaterThan(380, texts.Count(all.Contains));
        CollectionAssert.AreEqual(
            texts[..20], Enumerable.Range(0, 20).Select(seed => Model.Value.Generate("", new() { Seed = seed })).ToArray());
        string[] likely = [.. Enumerable.Range(0, 50).Select(seed => Model.Value.Generate("", new() { Seed = seed, TopP = 0.4f }))];
        Assert.IsTrue(likely.All(text => text.StartsWith("cats", StringComparison.Ordinal)), "a half is enough for 0.4");
    }

    /// <summary>The context of 4 tokens is full thrice.</summary>
    [TestMethod]
    public void Generate_BeyondTheContext_GoesOn()
    {
        LanguageModelTransformer model = Fit(Options(options => options.MaxTokens = 4));

        string text = model.Generate("cats often home . dogs never", new() { Seed = 3, MaxTokens = 12, Temperature = 2 });

        StringAssert.StartsWith(text, "cats often home . dogs never");
        Assert.AreEqual(text, model.Generate("cats often home . dogs never", new() { Seed = 3, MaxTokens = 12, Temperature = 2 }));
    }

    [TestMethod]
    public void Save_AndLoad_GivesTheSameModel()
    {
        using var stream = new MemoryStream();
        Ml.Model.Save(Model.Value, Data(Sayings.All).Schema, stream);
        stream.Position = 0;

        var loaded = (LanguageModelTransformer)new MLContext().Model.Load(stream, out _);

        CollectionAssert.AreEqual(
            Scores(Model.Value, Sayings.All).Select(score => score.LogLikelihood).ToArray(),
            Scores(loaded, Sayings.All).Select(score => score.LogLikelihood).ToArray());
        Assert.AreEqual(Model.Value.Generate("", new() { Seed = 5 }), loaded.Generate("", new() { Seed = 5 }));
        Assert.AreEqual(Model.Value.GetTraining()!.History.Count, loaded.GetTraining()!.History.Count);
        Assert.AreEqual("Text", loaded.TextColumnName);
    }

    [TestMethod]
    public void PredictionEngine_Text_GivesTheRowsBits()
    {
        using PredictionEngine<Saying, SayingScore> engine = Ml.Model.CreatePredictionEngine<Saying, SayingScore>(Model.Value);
        Saying[] texts = Sayings.All;
        SayingScore[] rows = Scores(Model.Value, texts);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.AreEqual(rows[i].LogLikelihood, engine.Predict(texts[i]).LogLikelihood);
        }
    }

    [TestMethod]
    public void OutputSchema_BeforeAndAfterTraining_IsTheSame()
    {
        IDataView data = Data(Sayings.All);
        SchemaShape before = Trainer(Options()).GetOutputSchema(SchemaShape.Create(data.Schema));
        DataViewSchema after = Model.Value.Transform(data).Schema;

        CollectionAssert.AreEquivalent(
            before.Select(column => (column.Name, column.ItemType)).ToArray(),
            after.Select(column => (column.Name, column.Type)).ToArray());
    }

    /// <summary>Texts of another language that weigh nothing teach nothing, but that there are such tokens.</summary>
    [TestMethod]
    public void Fit_TextsOfWeightZero_AreNotLearned()
    {
        Saying[] texts = [.. Sayings.Draw(300), .. Sayings.Draw(300).Select(saying => new Saying { Text = "home home home", Weight = 0 })];

        LanguageModelTransformer model = Fit(Options(options => options.ExampleWeightColumnName = nameof(Saying.Weight)), texts);

        SayingScore other = Scores(model, [new() { Text = "home home home" }])[0];
        Assert.IsLessThan(-12, other.LogLikelihood);
        Assert.IsLessThan(-8, Scores(Fit(Options(), texts[..300]), [new() { Text = "home home home" }])[0].LogLikelihood);
        Assert.IsGreaterThan(-4, Scores(Fit(Options(), texts), [new() { Text = "home home home" }])[0].LogLikelihood);
    }

    [TestMethod]
    public void Fit_FromAPreviousModel_GoesOn()
    {
        LanguageModelTrainer.Options little = Options(options => (options.Epochs, options.LearningRate) = (1, 1e-4f));
        LanguageModelTransformer next = Trainer(little).Fit(Data(Sayings.Draw(60, seed: 4)), null, Model.Value);

        double nats = -next.Evaluate(Data(Sayings.All)).LogLikelihood / Sayings.All.Length;
        Assert.IsLessThan(Sayings.Entropy + 0.3, nats);
        Assert.IsGreaterThan(
            Sayings.Entropy + 1,
            -Fit(little, Sayings.Draw(60)).Evaluate(Data(Sayings.All)).LogLikelihood / Sayings.All.Length,
            "an epoch alone would not do");
        Assert.AreNotEqual(
            Scores(next, Sayings.All)[0].LogLikelihood, Scores(Model.Value, Sayings.All)[0].LogLikelihood, "the model before is as it was");
    }

    [TestMethod]
    public void Fit_WithValidationTexts_MeasuresThem()
    {
        IDataView validation = Data(Sayings.All);
        LanguageModelTransformer byCall = Trainer(Options(options => options.Epochs = 3)).Fit(Data(Sayings.Draw(100)), validation);
        LanguageModelTransformer byOption = Trainer(Options(options => (options.Epochs, options.ValidationSet) = (3, validation)))
            .Fit(Data(Sayings.Draw(100)));

        double? loss = byCall.Training!.History[byCall.Training.BestEpoch!.Value - 1].ValidationLoss;
        Assert.AreEqual(-byCall.Evaluate(validation).LogLikelihood / (8 * Sayings.Tokens), loss!.Value, 1e-5);
        Assert.AreEqual(loss, byOption.Training!.History[byOption.Training.BestEpoch!.Value - 1].ValidationLoss);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Trainer(Options(options => options.ValidationSet = validation))
                .Fit(Data(Sayings.Draw(100)), validation)).Message,
            "ValidationSet");
    }

    [TestMethod]
    public void Fit_Cancelled_GivesALanguageModel()
    {
        using var source = new CancellationTokenSource();
        LanguageModelTrainer trainer = Trainer(Options(options =>
        {
            options.CancellationToken = source.Token;
            options.KeepUnfinishedModel = true;
            options.Observers = [new Cancel(source)];
        }));

        TrainingCanceledException canceled = Assert.ThrowsExactly<TrainingCanceledException>(() => trainer.Fit(Data(Sayings.Draw(200))));

        Assert.IsTrue(double.IsFinite(((LanguageModelTransformer)canceled.Model!).Evaluate(Data(Sayings.All)).Perplexity));
    }

    [TestMethod]
    public void Options_WhatDoesNotFit_IsRefused()
    {
        string Message(Action<LanguageModelTrainer.Options> change)
            => Assert.Throws<ArgumentException>(() => Trainer(Options(change))).Message;

        StringAssert.Contains(Message(options => options.LabelColumnName = "Next"), "the texts' own tokens");
        StringAssert.Contains(Message(options => options.MaxTokens = 3), "MaxTokens is 3");
        StringAssert.Contains(Message(options => options.Dropout = 1), "Dropout is 1");
        StringAssert.Contains(Message(options => options.LabelSmoothing = 1), "LabelSmoothing is 1");
        StringAssert.Contains(Message(options => options.TextColumnName = " "), "TextColumnName");
        StringAssert.Contains(Message(options => options.Backbone = null!), "Backbone is null");
        StringAssert.Contains(Message(options => options.Tokenizer = null!), "Tokenizer is null");
        StringAssert.Contains(Message(options => options.Bags = 2), "Bags is 2");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(
                () => Trainer(Options(options => options.TextColumnName = "Story")).Fit(Data(Sayings.All))).Message,
            "no text column 'Story'");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(
                () => Model.Value.Evaluate(Ml.Data.LoadFromEnumerable([new SayingScore()]))).Message,
            "no text column 'Text'");
    }

    [TestMethod]
    public void Generate_WhatDoesNotFit_IsRefused()
    {
        string Message(GenerationOptions options)
            => Assert.Throws<ArgumentException>(() => Model.Value.Generate("cats", options)).Message;

        StringAssert.Contains(Message(new() { MaxTokens = 0 }), "MaxTokens is 0");
        StringAssert.Contains(Message(new() { Temperature = -1 }), "Temperature is -1");
        StringAssert.Contains(Message(new() { TopP = 0 }), "TopP is 0");
        StringAssert.Contains(Message(new() { TopP = 1.5f }), "TopP is 1.5");
    }

    private static LanguageModelTrainer.Options Options(Action<LanguageModelTrainer.Options>? change = null)
    {
        var options = new LanguageModelTrainer.Options
        {
            Tokenizer = TextTokenizer.TrainWords(100),
            Backbone = TextBackbone.Transformer(layers: 2, width: 32, heads: 2),
            MaxTokens = 8,
            Dropout = 0,
            Epochs = 20,
            BatchSize = 32,
            LearningRate = 1e-2f,
            ValidationFraction = 0,
            Precision = PrecisionPolicy.Float32,
            Device = ComputeDevice.Cpu,
            Seed = 1,
        };
        change?.Invoke(options);
        return options;
    }

    private static LanguageModelTrainer Trainer(LanguageModelTrainer.Options options)
    {
        if (options.ValidationSet is not null)
        {
            options.ValidationFraction = null;
        }

        return Ml.MixedPrecision().Trainers.LanguageModel(options);
    }

    private static LanguageModelTransformer Fit(LanguageModelTrainer.Options options, Saying[]? texts = null)
        => Trainer(options).Fit(Data(texts ?? Sayings.Draw(600)));

    private static IDataView Data(IEnumerable<Saying> texts) => Ml.Data.LoadFromEnumerable(texts);

    private static SayingScore[] Scores(LanguageModelTransformer model, IEnumerable<Saying> texts)
        => [.. Ml.Data.CreateEnumerable<SayingScore>(model.Transform(Data(texts)), reuseRowObject: false)];

    private sealed class Cancel(CancellationTokenSource source) : IRunObserver
    {
        public void OnEpoch(TrainingMetrics epoch) => source.Cancel();
    }
}
