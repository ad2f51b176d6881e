using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tests.Trainers.Words;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>Rows that are hard on trainers of texts: texts of whatever units, and very many classes.</summary>
[TestClass]
public sealed class TextHardRowsTests
{
    private const int Classes = 100_000;

    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Missing, empty, of controls, of halves of characters, of emoji with joiners, from right to left, very long.</summary>
    private static readonly string?[] Odd =
    [
        null, "", " \t\u3000", "\0\u0001", "\uD800", "cat \uDC00dog\uD83D", "\uDC00\uD800", "👩\u200D👩\u200D👧 🐈🇩🇪", "e\u0301 n\u0303",
        "نص", "猫と犬", "[SEP] [CLS] [PAD]", new string('x', 70_000), string.Concat(Enumerable.Repeat("cat 🐈 ", 8_000)),
    ];

    public static IEnumerable<object[]> Cases
        => from task in TextCase.All
           from tokenizer in (TextTokenizer[])[TextTokenizer.TrainWordPiece(60), TextTokenizer.TrainWords(60), TextTokenizer.Characters(60)]
           select (object[])[task[0], tokenizer];

    /// <summary>What trains on them, validates on them too, scores each, and after it was saved has the same bits: the vocabulary may be
    /// made of halves of characters.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    internal void Fit_OnOddTexts_ScoresThemAlikeSavedAndLoaded(TextCase task, TextTokenizer tokenizer)
    {
        IDataView rows = task.Labelled(Ml, task == TextCase.Words ? OddWords() : OddTexts());
        ITransformer model = task.Fit(
            Ml, rows, options => (options.Tokenizer, options.Epochs, options.MaxTokens) = (tokenizer, 2, 30), validation: rows);

        float[] scores = [.. ScoredRows.ScoresOf(model.Transform(rows)).SelectMany(row => row)];

        // A row of words may be longer than 30 tokens: what is behind has NaN.
        Assert.IsTrue(task == TextCase.Words || Array.TrueForAll(scores, float.IsFinite));
        Assert.IsTrue(double.IsFinite(TrainerCase.TrainingOf(model).History[^1].ValidationLoss!.Value));
        ITransformer loaded = Models.Load(Models.Save(model, rows.Schema));
        CollectionAssert.AreEqual(scores, ScoredRows.ScoresOf(loaded.Transform(rows)).SelectMany(row => row).ToArray());
    }

    /// <summary>A row's probabilities are those of all classes, and a class that was seen is predicted.</summary>
    [TestMethod]
    public void Fit_TextsOfVeryManyClasses_ScoresThemAll()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(TextRow.Rows(12).Select(
            (row, i) => new ManyClasses { Text = row.Text, Group = (uint)((i % 3 * 40_000) + 7) }));
        ITransformer model = TextCase.Classes.Fit(Ml, rows, options => Small(options));

        float[][] scores = ScoredRows.ScoresOf(model.Transform(rows));

        Assert.HasCount(12, scores);
        foreach (float[] score in scores)
        {
            Assert.HasCount(Classes, score);
            Assert.AreEqual(1, score.Sum(p => (double)p), 1e-4);
        }

        uint[] seen = [.. rows.GetColumn<uint>(nameof(ManyClasses.Group))];
        foreach (uint predicted in model.Transform(rows).GetColumn<uint>("PredictedLabel"))
        {
            Assert.Contains(predicted, seen);
        }
    }

    [TestMethod]
    public void Fit_WordsOfVeryManyClasses_ScoresThemAll()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8).Select(
            i => new ManyTags { Words = ["they", i % 2 == 0 ? "saw" : "can"], Tags = [7, i % 2 == 0 ? 99_999u : 40_007u] }));
        ITransformer model = TextCase.Words.Fit(Ml, rows, options => Small(options));

        float[][] scores = ScoredRows.ScoresOf(model.Transform(rows));

        foreach (float[] score in scores)
        {
            Assert.HasCount(2 * Classes, score);
            Assert.AreEqual(1, score.Take(Classes).Sum(p => (double)p), 1e-4);
            Assert.AreEqual(1, score.Skip(Classes).Sum(p => (double)p), 1e-4);
        }

        uint[] seen = [.. rows.GetColumn<uint[]>(nameof(ManyTags.Tags)).SelectMany(tags => tags)];
        foreach (uint[] predicted in model.Transform(rows).GetColumn<uint[]>("PredictedLabel"))
        {
            Assert.HasCount(2, predicted);
            Assert.IsTrue(Array.TrueForAll(predicted, seen.Contains), string.Join(", ", predicted));
        }
    }

    private static void Small(dynamic options)
    {
        options.Backbone = TextBackbone.Transformer(layers: 1, width: 4, heads: 1, feedForward: 4);
        (options.MaxTokens, options.Epochs, options.LearningRate) = (5, 6, 0.1f);
    }

    private static IDataView OddTexts() => Ml.Data.LoadFromEnumerable(Odd.Concat(Odd).Select(
        (text, i) => new TextRow { Text = text!, Group = $"group {i % 3}", IsTool = i % 2 == 0, Number = i }));

    /// <summary>Each as a row of one word, and all as a row of many, behind an empty row.</summary>
    private static IDataView OddWords()
    {
        string[] tags = ["does", "what", "which"];
        IEnumerable<WordsRow> rows = Odd.Select((word, i) => new WordsRow { Words = ["cat", word!], Tags = [tags[i % 3], tags[i % 2]] });
        return Ml.Data.LoadFromEnumerable(rows
            .Append(new WordsRow())
            .Append(new WordsRow { Words = null!, Tags = null! })
            .Append(new WordsRow { Words = Odd!, Tags = [.. Odd.Select((_, i) => tags[i % 3])] }));
    }

    private sealed class ManyClasses
    {
        public string Text { get; set; } = "";

        [KeyType(Classes)]
        public uint Group { get; set; }
    }

    private sealed class ManyTags
    {
        public string[] Words { get; set; } = [];

        [KeyType(Classes)]
        public uint[] Tags { get; set; } = [];
    }
}
