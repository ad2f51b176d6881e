using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Words;

/// <summary>A class for each word, through ML.NET: learning, saving, single rows, rows that are too long or empty, what is
/// refused.</summary>
[TestClass]
public sealed class TokenTrainerTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(WordsRow.Rows(300));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(WordsRow.Rows(80, seed: 9));
    private static readonly Lazy<TransformerChain<NetworkTokenTransformer>> Model = new(() => Pipeline(Options()).Fit(Train));

    /// <summary>The word alone tells who and which, but of the others half or so: chance would be right for three in four.</summary>
    [TestMethod]
    [DataRow("float32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void TokenClassification_TagByTheWordBefore_IsLearned(string policy)
    {
        ITransformer model = policy == "float32"
            ? Model.Value
            : Pipeline(Options(options => options.Precision = PrecisionPolicy.Parse(policy))).Fit(Train);

        Assert.IsGreaterThan(0.97, Accuracy(model, WordsRow.Rows(80, seed: 9)));
    }

    /// <summary>Words of several tokens: characters, and the label is that of the first.</summary>
    [TestMethod]
    public void TokenClassification_WordsOfManyTokens_IsLearned()
    {
        ITransformer model = Pipeline(Options(options =>
        {
            options.Tokenizer = TextTokenizer.Characters(100);
            options.MaxTokens = 60;
            options.Epochs = 40;
        })).Fit(Train);

        Assert.IsGreaterThan(0.95, Accuracy(model, WordsRow.Rows(80, seed: 9)));
    }

    [TestMethod]
    public void Transform_Rows_GivesProbabilitiesOfEachWordInOrder()
    {
        WordsScore[] scores = Scores(Model.Value, Test);
        WordsRow[] rows = WordsRow.Rows(80, seed: 9);
        for (int row = 0; row < rows.Length; row++)
        {
            int words = rows[row].Words.Length;
            Assert.HasCount(words, scores[row].PredictedLabel);
            Assert.HasCount(4 * words, scores[row].Score);
            for (int word = 0; word < words; word++)
            {
                float[] of = scores[row].Score[(4 * word)..(4 * (word + 1))];
                Assert.AreEqual(1, of.Sum(), 1e-5);
                Assert.AreEqual(Array.IndexOf(of, of.Max()) + 1, (int)scores[row].PredictedLabel[word], $"row {row}, word {word}");
            }
        }
    }

    [TestMethod]
    public void OutputSchema_BeforeAndAfterTraining_IsTheSame()
    {
        EstimatorChain<NetworkTokenTransformer> pipeline = Pipeline(Options());
        SchemaShape before = pipeline.GetOutputSchema(SchemaShape.Create(Train.Schema));
        DataViewSchema after = Model.Value.GetOutputSchema(Train.Schema);
        DataViewSchema transformed = Model.Value.Transform(Train).Schema;

        SchemaShape shape = SchemaShape.Create(after);
        CollectionAssert.AreEquivalent(before.Select(column => column.Name).ToArray(), shape.Select(column => column.Name).ToArray());
        foreach (SchemaShape.Column column in before)
        {
            Assert.IsTrue(shape.TryFindColumn(column.Name, out SchemaShape.Column its));
            Assert.AreEqual(column.GetTypeString(), its.GetTypeString(), column.Name);
        }

        CollectionAssert.AreEqual(
            after.Select(column => (column.Name, column.Type)).ToArray(),
            transformed.Select(column => (column.Name, column.Type)).ToArray());
        VBuffer<ReadOnlyMemory<char>> names = default;
        after["PredictedLabel"].GetKeyValues(ref names);
        VBuffer<ReadOnlyMemory<char>> ofLabel = default;
        after["Tags"].GetKeyValues(ref ofLabel);
        CollectionAssert.AreEqual(Texts(ofLabel), Texts(names));
        Assert.HasCount(4, Texts(names));
    }

    [TestMethod]
    public void Predictions_MappedToTheirValues_AreTags()
    {
        IDataView mapped = Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(Model.Value.Transform(Test))
            .Transform(Model.Value.Transform(Test));

        string[][] tags = [.. mapped.GetColumn<string[]>("PredictedLabel")];

        WordsRow[] rows = WordsRow.Rows(80, seed: 9);
        int right = tags.Zip(rows).Sum(pair => pair.First.Zip(pair.Second.Tags).Count(both => both.First == both.Second));
        Assert.IsGreaterThan(0.97 * rows.Sum(row => row.Tags.Length), right);
    }

    [TestMethod]
    public void Model_SavedAndLoaded_ScoresTheSameBits()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.zip");
        Ml.Model.Save(Model.Value, Train.Schema, path);

        ITransformer loaded = new MLContext().Model.Load(path, out _);

        AssertAlike(Scores(Model.Value, Test), Scores(loaded, Test));
        Assert.IsNotNull(loaded.GetTraining());
    }

    [TestMethod]
    public void Engine_RowByRow_ScoresTheBitsOfBulk()
    {
        WordsScore[] bulk = Scores(Model.Value, Test);
        using PredictionEngine<WordsRow, WordsScore> engine = Ml.Model.CreatePredictionEngine<WordsRow, WordsScore>(Model.Value);

        AssertAlike(bulk, [.. WordsRow.Rows(80, seed: 9).Select(row => engine.Predict(row))]);
    }

    [TestMethod]
    public void Transform_ByManyThreads_ScoresTheSameBits()
    {
        WordsScore[] expected = Scores(Model.Value, Test);

        WordsScore[][] each = [.. Enumerable.Range(0, 6).AsParallel().WithDegreeOfParallelism(6).Select(_ => Scores(Model.Value, Test))];

        foreach (WordsScore[] scores in each)
        {
            AssertAlike(expected, scores);
        }
    }

    /// <summary>The places alone, the keys alone: a column is not there for another that is.</summary>
    [TestMethod]
    [DataRow("PredictedLabel")]
    [DataRow("Score")]
    [DataRow("Places(Words)")]
    public void Cursor_OfOneColumn_GivesWhatAllGive(string column)
    {
        IDataView scored = Model.Value.Transform(Test);
        int[] lengths = [.. WordsRow.Rows(80, seed: 9).Select(row => row.Words.Length * (column == "Score" ? 4 : 1))];

        int[] actual = column switch
        {
            "Score" => [.. scored.GetColumn<float[]>(column).Select(values => values.Length)],
            "PredictedLabel" => [.. scored.GetColumn<VBuffer<uint>>(column).Select(values => values.Length)],
            _ => [.. scored.GetColumn<int[]>(column).Select(values => values.Length)],
        };

        CollectionAssert.AreEqual(lengths, actual);
    }

    [TestMethod]
    public void Score_OddRows_HasAWordForAWord()
    {
        using PredictionEngine<WordsRow, WordsScore> engine = Ml.Model.CreatePredictionEngine<WordsRow, WordsScore>(Model.Value);
        WordsScore Of(params string[] words) => engine.Predict(new WordsRow { Words = words });

        Assert.IsEmpty(Of().PredictedLabel);
        Assert.IsEmpty(Of().Score);
        Assert.IsEmpty(engine.Predict(new WordsRow { Words = null! }).PredictedLabel);
        WordsScore odd = Of("", " ", null!, "\0", "\uD800", "🐈", new string('x', 100_000), "the can");
        Assert.HasCount(8, odd.PredictedLabel);
        Assert.IsTrue(Array.TrueForAll(odd.Score, float.IsFinite));
        Assert.IsTrue(Array.TrueForAll(odd.PredictedLabel, key => key is >= 1 and <= 4));
    }

    /// <summary>10 tokens of 12 words: with the first and the last 8 words are left.</summary>
    [TestMethod]
    public void Score_MoreWordsThanTokens_HasMissingPredictionsAtTheEnd()
    {
        ITransformer model = Pipeline(Options(options => (options.MaxTokens, options.Epochs) = (10, 2))).Fit(Train);
        using PredictionEngine<WordsRow, WordsScore> engine = Ml.Model.CreatePredictionEngine<WordsRow, WordsScore>(model);

        WordsScore score = engine.Predict(new WordsRow { Words = [.. Enumerable.Repeat("the", 12)] });

        Assert.HasCount(12, score.PredictedLabel);
        Assert.IsTrue(Array.TrueForAll(score.PredictedLabel[..8], key => key != 0));
        Assert.IsTrue(Array.TrueForAll(score.PredictedLabel[8..], key => key == 0));
        Assert.IsTrue(Array.TrueForAll(score.Score[..32], float.IsFinite));
        Assert.IsTrue(Array.TrueForAll(score.Score[32..], float.IsNaN));
    }

    [TestMethod]
    public void Fit_RowsThatAreTooLong_SaysHowManyWordsAreCut()
    {
        ITransformer model = Pipeline(Options(options => (options.MaxTokens, options.Epochs) = (6, 1))).Fit(Train);

        string warning = model.GetTraining()!.Warnings.Single(message => message.Contains("MaxTokens", StringComparison.Ordinal));

        int[] lengths = [.. WordsRow.Rows(300).Select(row => row.Words.Length)];
        int cut = lengths.Count(length => length > 4), words = lengths.Sum(length => Math.Max(0, length - 4));
        StringAssert.Contains(warning, $"{cut} of 300 rows have more tokens than MaxTokens, 6");
        StringAssert.Contains(warning, $"all of {words} words");
    }

    /// <summary>Rows without any label are left out, and a word without one teaches nothing: the model of rows of which every label of one
    /// tag is missing never says it.</summary>
    [TestMethod]
    public void Fit_LabelsMissing_CountForNothing()
    {
        WordsRow[] rows = WordsRow.Rows(300);
        foreach (WordsRow row in rows)
        {
            row.Tags = Array.ConvertAll(row.Tags, tag => tag == "which" ? "" : tag);
        }

        (rows[3].Tags, rows[4].Words, rows[4].Tags) = ([.. rows[3].Tags.Select(_ => "")], [], []);
        ITransformer model = Pipeline(Options()).Fit(Ml.Data.LoadFromEnumerable(rows));

        Assert.IsTrue(
            model.GetTraining()!.Warnings.Any(warning => warning.StartsWith("2 of 300 rows", StringComparison.Ordinal)),
            string.Join(Environment.NewLine, model.GetTraining()!.Warnings));
        (int right, int all) = (0, 0);
        foreach ((string[] predicted, WordsRow row) in Tags(model, WordsRow.Rows(80, seed: 9)).Zip(WordsRow.Rows(80, seed: 9)))
        {
            for (int word = 0; word < predicted.Length; word++)
            {
                all += row.Tags[word] != "which" ? 1 : 0;
                right += row.Tags[word] == predicted[word] ? 1 : 0;
            }
        }

        Assert.IsGreaterThan(0.95 * all, right);
    }

    [TestMethod]
    public void Fit_ValidationRows_StopsByTheirLossOrAccuracy()
    {
        TrainingResult training = Pipeline(Options(options =>
        {
            (options.ValidationFraction, options.EarlyStoppingPatience, options.Epochs) = (0.2f, 3, 60);
            options.BestEpochMetric = BestEpochMetric.Accuracy;
        })).Fit(Train).GetTraining()!;

        Assert.IsLessThan(60, training.History.Count);
        TrainingMetrics best = training.History[training.BestEpoch!.Value - 1];
        Assert.IsGreaterThan(0.95, best.ValidationAccuracy!.Value);
        Assert.IsLessThan(0.3, best.ValidationLoss!.Value);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(
                () => Ml.MixedPrecision().Trainers.TokenClassification(Options(options => options.BestEpochMetric = BestEpochMetric.Auc)))
                .Message,
            "where labels are classes of words");
    }

    /// <summary>A weight of 0 for a class: it is not learned; a weight of the row counts for each of its words.</summary>
    [TestMethod]
    public void Fit_ClassWeightsAndRowWeights_CountForTheirWords()
    {
        ITransformer without = Pipeline(Options(
            options => options.ClassWeights = new Dictionary<string, float> { ["which"] = 0 })).Fit(Train);
        WordsRow[] rows = [.. WordsRow.Rows(300), .. WordsRow.Rows(300, seed: 5).Select(
            row => new WordsRow { Words = row.Words, Tags = [.. row.Tags.Select(_ => "what")], Weight = 0 })];
        ITransformer weighted = Pipeline(Options(options => options.ExampleWeightColumnName = nameof(WordsRow.Weight)))
            .Fit(Ml.Data.LoadFromEnumerable(rows));

        Assert.DoesNotContain("which", Tags(without, WordsRow.Rows(80, seed: 9)).SelectMany(tags => tags));
        Assert.IsGreaterThan(0.97, Accuracy(weighted, WordsRow.Rows(80, seed: 9)));
    }

    [TestMethod]
    public void Fit_OtherColumns_AreNamed()
    {
        string Refused<TException>(Action<TokenClassificationTrainer.Options> change, IDataView? data = null)
            where TException : Exception
            => Assert.ThrowsExactly<TException>(() => Pipeline(Options(change)).Fit(data ?? Train)).Message;
        WordsRow[] unequal = WordsRow.Rows(20);
        unequal[7].Tags = unequal[7].Tags[1..];

        StringAssert.Contains(
            Refused<ArgumentOutOfRangeException>(options => options.WordsColumnName = "Nowhere"), "There is no column of words 'Nowhere'");
        StringAssert.Contains(
            Refused<ArgumentOutOfRangeException>(options => options.WordsColumnName = nameof(WordsRow.Weight)), "'Weight' holds");
        StringAssert.Contains(
            Refused<ArgumentOutOfRangeException>(options => options.LabelColumnName = nameof(WordsRow.Words)),
            "it must hold a vector of keys of UInt32, one a word");
        string message = Refused<InvalidOperationException>(_ => { }, Ml.Data.LoadFromEnumerable(unequal));
        StringAssert.Contains(message, "Row 7 (counted from 0, in the order read) of the training set, column 'Tags',");
        StringAssert.Contains(message, $"holds {unequal[7].Tags.Length} labels of {unequal[7].Words.Length} words");
    }

    [TestMethod]
    public void Fit_NoLabelAtAll_IsRefused()
    {
        WordsRow[] rows = [.. WordsRow.Rows(20).Select(row => new WordsRow { Words = row.Words, Tags = [.. row.Tags.Select(_ => "")] })];
        IDataView labelled = Ml.Transforms.Conversion.MapValueToKey("Tags").Fit(Train).Transform(Ml.Data.LoadFromEnumerable(rows));

        string message = Assert.ThrowsExactly<InvalidOperationException>(
            () => Ml.MixedPrecision().Trainers.TokenClassification(Options()).Fit(labelled)).Message;

        StringAssert.Contains(message, "All 20 rows of the training set have a missing label in column 'Tags'");
    }

    [TestMethod]
    public void Fit_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        TokenClassificationTrainer.Options options = Options(options => options.CancellationToken = source.Token);
        options.MetricsCallback = _ => source.Cancel();

        TrainingCanceledException canceled = Assert.ThrowsExactly<TrainingCanceledException>(() => Pipeline(options).Fit(Train));

        Assert.IsNotEmpty(canceled.Result.History);
    }

    [TestMethod]
    public void Fit_PreviousModel_GoesOn()
    {
        IDataView labelled = Ml.Transforms.Conversion.MapValueToKey("Tags").Fit(Train).Transform(Train);
        TokenClassificationTrainer trainer = Ml.MixedPrecision().Trainers.TokenClassification(Options(options => options.Epochs = 3));
        NetworkTokenTransformer first = trainer.Fit(labelled);

        NetworkTokenTransformer second = trainer.Fit(labelled, null, first);

        Assert.IsLessThan(first.Training!.History[^1].Loss, second.Training!.History[^1].Loss);
    }

    [TestMethod]
    public void Options_OutsideTheirRange_AreRefused()
    {
        string Refused(Action<TokenClassificationTrainer.Options> change)
        {
            var options = new TokenClassificationTrainer.Options();
            change(options);
            return Assert.Throws<ArgumentException>(() => Ml.MixedPrecision().Trainers.TokenClassification(options)).Message;
        }

        StringAssert.Contains(Refused(options => options.MaxTokens = 3), "MaxTokens is 3");
        StringAssert.Contains(Refused(options => options.Dropout = 1), "Dropout is 1");
        StringAssert.Contains(Refused(options => options.Tokenizer = null!), "Tokenizer is null; it must be");
        StringAssert.Contains(Refused(options => options.Backbone = null!), "Backbone is null; it must be");
        StringAssert.Contains(Refused(options => options.WordsColumnName = ""), "WordsColumnName");
        StringAssert.Contains(Refused(options => options.LabelSmoothing = 1), "LabelSmoothing is 1");
        StringAssert.Contains(Refused(options => options.Bags = 2), "Bags is 2");
    }

    private static TokenClassificationTrainer.Options Options(Action<TokenClassificationTrainer.Options>? change = null)
    {
        var options = new TokenClassificationTrainer.Options
        {
            LabelColumnName = "Tags",
            Tokenizer = TextTokenizer.TrainWords(200),
            Backbone = TextBackbone.Transformer(layers: 1, width: 32, heads: 2, feedForward: 64),
            MaxTokens = 20,
            Epochs = 20,
            LearningRate = 4e-3f,
            ValidationFraction = 0,
            Device = ComputeDevice.Cpu,
        };
        change?.Invoke(options);
        return options;
    }

    /// <summary>Tags of which "" is none, and so missing.</summary>
    private static EstimatorChain<NetworkTokenTransformer> Pipeline(TokenClassificationTrainer.Options options)
    {
        IDataView keys = Ml.Data.LoadFromEnumerable(
            new[] { "who", "does", "which", "what" }.Select(tag => new Tag { Value = tag }));
        return Ml.Transforms.Conversion.MapValueToKey("Tags", keyData: keys)
            .Append(Ml.MixedPrecision().Trainers.TokenClassification(options));
    }

    private static string[][] Tags(ITransformer model, WordsRow[] rows)
    {
        IDataView scored = model.Transform(Ml.Data.LoadFromEnumerable(rows));
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["PredictedLabel"].GetKeyValues(ref names);
        string[] texts = ["", .. Texts(names)];
        return [.. Scores(model, Ml.Data.LoadFromEnumerable(rows)).Select(
            score => Array.ConvertAll(score.PredictedLabel, key => texts[key]))];
    }

    private static double Accuracy(ITransformer model, WordsRow[] rows)
        => (double)Tags(model, rows).Zip(rows).Sum(pair => pair.First.Zip(pair.Second.Tags).Count(both => both.First == both.Second))
            / rows.Sum(row => row.Words.Length);

    private static WordsScore[] Scores(ITransformer model, IDataView data)
    {
        IDataView scored = model.Transform(data);
        return [.. scored.GetColumn<VBuffer<uint>>("PredictedLabel").Zip(scored.GetColumn<float[]>("Score")).Select(
            pair => new WordsScore { PredictedLabel = [.. pair.First.DenseValues()], Score = pair.Second })];
    }

    private static string[] Texts(VBuffer<ReadOnlyMemory<char>> names) => [.. names.DenseValues().Select(name => name.ToString())];

    private static void AssertAlike(WordsScore[] expected, WordsScore[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row].Score, actual[row].Score, $"row {row}");
            CollectionAssert.AreEqual(expected[row].PredictedLabel, actual[row].PredictedLabel, $"row {row}");
        }
    }

    private sealed class Tag
    {
        public string Value { get; set; } = "";
    }
}
