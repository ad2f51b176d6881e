using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Words;

/// <summary>Figures of predicted words against those counted by hand from the columns of the result.</summary>
[TestClass]
public sealed class TokenEvaluationTests
{
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Rows of up to 8 words, of which 4 and the row's two ends fit; a word without label counts for nothing.</summary>
    [TestMethod]
    public void Evaluate_ScoredWords_GivesTheFiguresCountedByHand()
    {
        WordsRow[] rows = WordsRow.Rows(60, seed: 9);
        rows[0].Tags[0] = "";
        TransformerChain<NetworkTokenTransformer> model = Pipeline(maxTokens: 6).Fit(Ml.Data.LoadFromEnumerable(WordsRow.Rows(120)));
        IDataView data = ((ITransformer)model.First()).Transform(Ml.Data.LoadFromEnumerable(rows));
        (uint Label, uint Predicted, float[] Score)[] words = [.. Words(model.LastTransformer.Transform(data))];
        (uint Label, uint Predicted, float[] Score)[] scored = [.. words.Where(word => word.Predicted != 0)];

        MulticlassClassificationMetrics metrics = model.LastTransformer.Evaluate(data);

        Assert.IsLessThan(words.Length, scored.Length, "some words are beyond MaxTokens");
        Assert.AreEqual(rows.Sum(row => row.Words.Length) - 1, words.Length, "one has no label");
        Assert.AreEqual((double)scored.Count(word => word.Label == word.Predicted) / scored.Length, metrics.MicroAccuracy, 1e-9);
        Assert.AreEqual(scored.Average(word => -Math.Log(word.Score[word.Label - 1])), metrics.LogLoss, 1e-5);
        for (int label = 0; label < 4; label++)
        {
            Assert.AreEqual(
                scored.Count(word => word.Label == label + 1 && word.Predicted == label + 1),
                (int)metrics.ConfusionMatrix.GetCountForClassPair(label, label));
        }
    }

    [TestMethod]
    public void Evaluate_WordsBeyondTheirRows_AreCountedInAWarning()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, log) =>
        {
            if (log.Kind == ChannelMessageKind.Warning)
            {
                warnings.Add(log.Message);
            }
        };
        WordsRow[] rows = [.. WordsRow.Rows(30).Where(row => row.Words.Length == 8)];
        TransformerChain<NetworkTokenTransformer> model = Pipeline(maxTokens: 6, ml).Fit(ml.Data.LoadFromEnumerable(WordsRow.Rows(120)));

        model.LastTransformer.Evaluate(((ITransformer)model.First()).Transform(ml.Data.LoadFromEnumerable(rows)));

        Assert.Contains($"{4 * rows.Length} words with a label were left out", string.Join("; ", warnings));
    }

    [TestMethod]
    public void Evaluate_LabelsOfOtherClasses_AreRefused()
    {
        TransformerChain<NetworkTokenTransformer> model = Pipeline(maxTokens: 20).Fit(Ml.Data.LoadFromEnumerable(WordsRow.Rows(60)));
        IDataView other = Ml.Data.LoadFromEnumerable([new WordsRow { Words = ["dogs"], Tags = ["who"] }]);
        IDataView keyed = Ml.Transforms.Conversion.MapValueToKey("Tags").Fit(other).Transform(other);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.LastTransformer.Evaluate(keyed)).Message, "keys of 4 classes");
    }

    /// <summary>ML.NET's evaluator would say that nothing is perfect: a log-loss of 0.</summary>
    [TestMethod]
    public void Evaluate_NoWordWithALabel_IsRefused()
    {
        TransformerChain<NetworkTokenTransformer> model = Pipeline(maxTokens: 20).Fit(Ml.Data.LoadFromEnumerable(WordsRow.Rows(60)));
        IDataView unlabelled = ((ITransformer)model.First()).Transform(
            Ml.Data.LoadFromEnumerable([new WordsRow { Words = ["dogs"], Tags = [""] }]));

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => model.LastTransformer.Evaluate(unlabelled)).Message,
            "No word has a label");
    }

    private static EstimatorChain<NetworkTokenTransformer> Pipeline(int maxTokens, MLContext? ml = null)
        => (ml ?? Ml).Transforms.Conversion.MapValueToKey("Tags")
            .Append((ml ?? Ml).MixedPrecision().Trainers.TokenClassification(new TokenClassificationTrainer.Options
            {
                LabelColumnName = nameof(WordsRow.Tags),
                Tokenizer = TextTokenizer.TrainWords(100),
                Backbone = TextBackbone.Transformer(layers: 1, width: 16, heads: 2),
                MaxTokens = maxTokens,
                Epochs = 2,
                Precision = PrecisionPolicy.Float32,
                Device = ComputeDevice.Cpu,
            }));

    private static IEnumerable<(uint Label, uint Predicted, float[] Score)> Words(IDataView scored)
    {
        uint[][] labels = [.. scored.GetColumn<uint[]>("Tags")], predicted = [.. scored.GetColumn<uint[]>("PredictedLabel")];
        float[][] scores = [.. scored.GetColumn<float[]>("Score")];
        for (int row = 0; row < labels.Length; row++)
        {
            for (int word = 0; word < labels[row].Length; word++)
            {
                if (labels[row][word] != 0)
                {
                    yield return (labels[row][word], predicted[row][word], scores[row][(4 * word)..(4 * (word + 1))]);
                }
            }
        }
    }
}
