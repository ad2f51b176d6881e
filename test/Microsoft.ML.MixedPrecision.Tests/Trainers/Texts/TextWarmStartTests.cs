using Microsoft.ML.MixedPrecision.Tests.Pretrained;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>Training that goes on from a model of texts: it keeps the model's vocabulary and cuts, and says which options are idle
/// then.</summary>
[TestClass]
public sealed class TextWarmStartTests
{
    private const int Rows = 60;
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>What cannot be the model's is said to be idle; what may be it is not: the golden BERT and DistilBERT are of one vocabulary,
    /// and a file that is gone says nothing.</summary>
    [TestMethod]
    [DataRow("words(vocabularySize=200)", "words(vocabularySize=200)", false)]
    [DataRow("words(vocabularySize=200)", "words(vocabularySize=100)", false)]
    [DataRow("words(vocabularySize=200)", "words(vocabularySize=12)", true)]
    [DataRow("words(vocabularySize=200)", "words(vocabularySize=200, lowerCase=false)", true)]
    [DataRow("words(vocabularySize=200)", "characters", true)]
    [DataRow("golden bert", "golden bert", false)]
    [DataRow("golden bert", "golden distilbert", false)]
    [DataRow("golden bert", "golden roberta", true)]
    [DataRow("golden bert", "file(nowhere)", false)]
    [DataRow("words(vocabularySize=200)", "golden bert", true)]
    public void Fit_FromAModelOfAnotherTokenizer_KeepsItsAndSaysSo(string modelHas, string asked, bool isIdle)
    {
        TextTokenizer before = Tokenizer(modelHas), now = Tokenizer(asked);
        foreach (TextCase task in (TextCase[])[TextCase.Binary, TextCase.Words])
        {
            ITransformer first = Fit(task, options => options.Tokenizer = before);

            ITransformer next = Fit(task, options => options.Tokenizer = now, first);

            CollectionAssert.AreEqual(
                TrainerCase.WeightsOf(Fit(task, options => options.Tokenizer = before, first)), TrainerCase.WeightsOf(next), $"{task}");
            AssertIdle(next, "Tokenizer", isIdle ? $"Tokenizer is {now}, but training goes on from a model that has " : null);
        }
    }

    [TestMethod]
    [DataRow(Truncation.Head, Truncation.Tail, true)]
    [DataRow(Truncation.HeadTail, Truncation.Tail, true)]
    [DataRow(Truncation.Tail, Truncation.Tail, false)]
    [DataRow(Truncation.Tail, Truncation.Head, false, DisplayName = "what nobody set is no wish")]
    public void Fit_FromAModelThatCutsElsewhere_KeepsItsAndSaysSo(Truncation before, Truncation now, bool isIdle)
    {
        ITransformer Next(Truncation truncation, ITransformer? previous)
            => Fit(TextCase.Classes, options => (options.Truncation, options.MaxTokens) = (truncation, 6), previous);
        ITransformer first = Next(before, null);

        ITransformer next = Next(now, first);

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(Next(before, first)), TrainerCase.WeightsOf(next));
        AssertIdle(next, "Truncation", isIdle
            ? $"Truncation is {now}, but training goes on from a model that cuts rows by {before}, so that it changes nothing. Set "
                + $"Truncation to {before}, or train without a previous model."
            : null);
    }

    /// <summary>A second run on all rows starts from the model too; validation rows make the option idle, and that is said.</summary>
    [TestMethod]
    [DynamicData(nameof(TextCase.All), typeof(TextCase))]
    internal void Fit_FromAModelOnAllRows_RunsTwiceOrSaysThatItDoesNot(TextCase task)
    {
        ITransformer first = Fit(task, _ => { });
        void Refits(dynamic options) => (options.RefitOnAll, options.ValidationFraction) = (true, 0.2f);

        TrainingResult twice = TrainerCase.TrainingOf(Fit(task, Refits, first));
        TrainingResult once = TrainerCase.TrainingOf(
            task.Fit(Ml, task.Rows(Ml, Rows), options => options.RefitOnAll = true, first, task.Rows(Ml, 20, seed: 4)));

        Assert.AreEqual((Rows, 48), (twice.Rows, twice.EarlierRuns.Single().Rows));
        Assert.IsFalse(twice.Warnings.Any(warning => warning.StartsWith("RefitOnAll", StringComparison.Ordinal)));
        Assert.IsEmpty(once.EarlierRuns);
        Assert.IsTrue(once.Warnings.Any(
            warning => warning.StartsWith("RefitOnAll is True, but no training rows are held back", StringComparison.Ordinal)));
    }

    /// <summary>Next to no learning: the model is what it was, words of the new rows that it does not know included.</summary>
    [TestMethod]
    [DynamicData(nameof(TextCase.All), typeof(TextCase))]
    internal void Fit_FromAModelWithoutLearning_ScoresAsTheModel(TextCase task)
    {
        ITransformer first = Fit(task, _ => { });
        IDataView rows = task.Rows(Ml, 40, seed: 6);

        ITransformer next = task.Fit(Ml, rows, options => (options.LearningRate, options.Epochs) = (1e-20f, 1), first);

        float[][] before = ScoredRows.ScoresOf(first.Transform(rows)), after = ScoredRows.ScoresOf(next.Transform(rows));
        foreach ((float one, float two) in before.SelectMany(row => row).Zip(after.SelectMany(row => row)))
        {
            Assert.AreEqual(one, two, 1e-4);
        }
    }

    private static TextTokenizer Tokenizer(string text) => text.Split(' ') is ["golden", var name]
        ? TextTokenizer.FromFile(new EncoderCase(name).Folder)
        : TextTokenizer.Parse(text);

    private static void AssertIdle(ITransformer model, string option, string? said)
    {
        string[] warnings = [.. TrainerCase.TrainingOf(model).Warnings.Where(
            warning => warning.StartsWith(option + " is", StringComparison.Ordinal))];
        Assert.HasCount(said is null ? 0 : 1, warnings, string.Join('\n', warnings));
        if (said is not null)
        {
            StringAssert.StartsWith(warnings[0], said);
            StringAssert.Contains(warnings[0], "so that it changes nothing");
        }
    }

    private static ITransformer Fit(TextCase task, Action<dynamic> change, ITransformer? previous = null)
        => task.Fit(
            Ml,
            task.Rows(Ml, Rows),
            options =>
            {
                options.Epochs = 1;
                change(options);
            },
            previous);
}
