namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>Options outside their range are refused when the trainer is made, by every trainer that has them: the message says the value
/// and what is allowed.</summary>
[TestClass]
public sealed class TextRefusalTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> OfAll =>
    [
        Case(o => o.MaxTokens = 3, "MaxTokens is 3; it must be from 4 to 65,536, for example 256."),
        Case(o => o.MaxTokens = 65_537, "MaxTokens is 65537; it must be from 4 to 65,536"),
        Case(o => o.Dropout = -0.1f, "Dropout is -0.1; it must be at least 0 and below 1, for example 0.1."),
        Case(o => o.Dropout = 1f, "Dropout is 1; it must be at least 0"),
        Case(o => o.Dropout = float.NaN, "Dropout is NaN; it must be at least 0"),
        Case(o => o.Backbone = null, "Backbone is null; it must be for example TextBackbone.Transformer()."),
        Case(o => o.Tokenizer = null, "Tokenizer is null; it must be for example TextTokenizer.TrainWordPiece()."),
        Case(o => o.FineTuning = null, "FineTuning is null; it must be a FineTuningOptions, by default new()."),
        Case(o => o.FineTuning.FreezeEpochs = -1, "FineTuning.FreezeEpochs is -1; it must be at least 0."),
        Case(o => o.FineTuning.BackboneRate = 0f, "FineTuning.BackboneRate is 0; it must be above 0 and at most 1, for example 0.1"),
        Case(o => o.FineTuning.BackboneRate = 1.5f, "FineTuning.BackboneRate is 1.5; it must be above 0"),
        Case(o => o.FineTuning.BackboneRate = float.NaN, "FineTuning.BackboneRate is NaN; it must be above 0"),
        Case(o => o.FineTuning.LayerDecay = 0f, "FineTuning.LayerDecay is 0; it must be above 0 and at most 1, for example 0.9."),
        Case(o => o.FineTuning.LayerDecay = 1.1f, "FineTuning.LayerDecay is 1.1; it must be above 0"),
        Case(o => o.FineTuning.Freeze = null, "FineTuning.Freeze is null; it must be a list, [] for nothing."),
        Case(
            o => o.FineTuning.Freeze = new[] { " " },
            "FineTuning.Freeze is a list with ' ' in it; it must be names of parameters, for example embeddings.*."),
        Case(o => o.GradientAccumulationSteps = 0, "GradientAccumulationSteps is 0; it must be at least 1."),
        Case(o => o.WarmupFraction = 1f, "WarmupFraction is 1; it must be at least 0 and below 1, for example 0.05."),
        Case(o => o.Schedule = (LearningRateSchedule)77, "Schedule is 77; it must be one of Constant, Linear, Cosine"),
        Case(o => o.FinalLearningRateFraction = 2f, "FinalLearningRateFraction is 2; it must be from 0 to 1, for example 0.1."),
        Case(o => o.RegularizationSchedule = (RegularizationSchedule)7, "RegularizationSchedule is 7; it must be one of"),
    ];

    /// <summary>Those of texts, but not of words.</summary>
    public static IEnumerable<object[]> OfTexts =>
    [
        Case(o => o.Pooling = (Pooling)9, "Pooling is 9; it must be one of Mean, "),
        Case(o => o.Truncation = (Truncation)9, "Truncation is 9; it must be one of Head, Tail, HeadTail."),
        Case(o => o.TextColumnName = " ", "TextColumnName is ' '; it must be a column's name, by default 'Text'."),
        Case(o => o.TextColumnName = null, "TextColumnName is null; it must be a column's name, by default 'Text'."),
        Case(o => o.SecondTextColumnName = "", "SecondTextColumnName is ''; it must be a column's name, or null for none."),
        Case(o => o.SecondTextColumnName = "Text", "SecondTextColumnName is Text; it must be another column than TextColumnName."),
    ];

    [TestMethod]
    [DynamicData(nameof(OfAll))]
    internal void Trainer_OfOptionsOutsideTheirRange_SaysValueAndRange(Action<dynamic> change, string message)
        => AssertRefused([TextCase.Classes, TextCase.Binary, TextCase.Numbers, TextCase.Words], change, message);

    [TestMethod]
    [DynamicData(nameof(OfTexts))]
    internal void TrainerOfTexts_OfOptionsOutsideTheirRange_SaysValueAndRange(Action<dynamic> change, string message)
        => AssertRefused([TextCase.Classes, TextCase.Binary, TextCase.Numbers], change, message);

    [TestMethod]
    public void TrainerOfClasses_OfOptionsOutsideTheirRange_SaysValueAndRange()
    {
        TextCase[] tasks = [TextCase.Classes, TextCase.Words];
        AssertRefused(tasks, o => o.LabelSmoothing = 1f, "LabelSmoothing is 1; it must be at least 0 and below 1, for example 0.1.");
        AssertRefused(tasks, o => o.LabelSmoothing = -0.1f, "LabelSmoothing is -0.1; it must be");
        AssertRefused(
            tasks,
            o => o.ClassWeights = new Dictionary<string, float> { ["who"] = -1 },
            "ClassWeights is -1 for 'who'; it must be finite and at least 0.");
        AssertRefused(
            [TextCase.Words], o => o.WordsColumnName = "", "WordsColumnName is ''; it must be a column's name, by default 'Words'.");
    }

    /// <summary>Of classes that there are not, the fit tells which there are.</summary>
    [TestMethod]
    public void Fit_WeightsOfAnUnknownClass_NamesThoseThatThereAre()
    {
        foreach ((TextCase task, string classes) in ((TextCase, string)[])[
            (TextCase.Classes, "'Group' has 'group 0', 'group 1', 'group 2'"),
            (TextCase.Words, "'Tags' has 'does', 'what', 'which', 'who'")])
        {
            string message = Assert.ThrowsExactly<InvalidOperationException>(() => task.Fit(
                Ml, task.Rows(Ml, 30), o => o.ClassWeights = new Dictionary<string, float> { ["nobody"] = 2 })).Message;
            StringAssert.Contains(message, $"ClassWeights names the class 'nobody', but column {classes}. Correct the name.");
        }
    }

    private static object[] Case(Action<dynamic> change, string message) => [change, message];

    private static void AssertRefused(TextCase[] tasks, Action<dynamic> change, string message)
    {
        foreach (TextCase task in tasks)
        {
            StringAssert.StartsWith(Assert.Throws<ArgumentException>(() => task.Trainer(Ml, change)).Message, message, $"{task}");
        }
    }
}
