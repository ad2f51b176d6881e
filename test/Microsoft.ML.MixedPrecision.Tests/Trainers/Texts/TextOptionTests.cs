using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>What options of texts promise, seen from outside: scores of a text that is cut are those of what is kept, a pooled row is the
/// pooled rows of its tokens, a network has the numbers that were asked for.</summary>
[TestClass]
public sealed class TextOptionTests
{
    private const int Rows = 60;
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>8 tokens are 6 of a text between the two that begin and end it; HeadTail keeps ⌊(6 + 3)/4⌋ = 2 and the last 4.</summary>
    [TestMethod]
    [DataRow(Truncation.Head, "w1 w2 w3 w4 w5 w6")]
    [DataRow(Truncation.Tail, "w5 w6 w7 w8 w9 cat")]
    [DataRow(Truncation.HeadTail, "w1 w2 w7 w8 w9 cat")]
    public void Truncation_OfALongText_ScoresAsWhatIsKept(Truncation truncation, string kept)
    {
        ITransformer model = Fit(TextCase.Classes, options => (options.MaxTokens, options.Truncation) = (8, truncation));

        float[][] scores = Scores(model, "w1 w2 w3 w4 w5 w6 w7 w8 w9 cat", kept, "cat");

        CollectionAssert.AreEqual(scores[1], scores[0]);
        CollectionAssert.AreNotEqual(scores[2], scores[0]);
    }

    /// <summary>The network without its pooling gives each token's row; pooling and the last layer by hand make the score.</summary>
    [TestMethod]
    [DataRow(Pooling.Mean)]
    [DataRow(Pooling.Cls)]
    [DataRow(Pooling.Last)]
    [DataRow(Pooling.Max)]
    public void Pooling_OfTokens_IsTheOneByHand(Pooling pooling)
    {
        ITransformer model = Fit(TextCase.Binary, options => options.Pooling = pooling);
        Network network = TrainerCase.NetworkOf(model).Network;
        var steps = new Network(new Transformer(
            network.Tokens!, Layers: 1, Width: 16, Heads: 2, Hidden: 32, Outputs: null, Pooling: null).ToSpec());
        foreach (Parameter parameter in steps.Parameters)
        {
            network.Parameters.Single(other => other.Name == parameter.Name).Values.CopyTo(parameter.Values, 0);
        }

        using var scorer = new Scorer(steps, threads: 1, softmax: false);
        using ScoringSession session = scorer.CreateSession(1);
        IDataView rows = Texts("cat", "w1 w2 w3", "hammer w4 w5 w6 w7", "");
        float[] weights = network.OutputLayer.Weight.Values;
        foreach ((float[] tokens, float score) in model.Transform(rows).GetColumn<float[]>("Tokens(Text)").Zip(
            model.Transform(rows).GetColumn<float>("Score")))
        {
            var all = new float[20 * 16];
            session.Run(tokens, 1, all);
            float[][] read = [.. all.Chunk(16).Take(tokens.Count(token => token != 0))];
            double sum = network.OutputLayer.Bias.Values[0];
            for (int column = 0; column < 16; column++)
            {
                double pooled = pooling switch
                {
                    Pooling.Mean => read.Average(row => (double)row[column]),
                    Pooling.Cls => read[0][column],
                    Pooling.Last => read[^1][column],
                    _ => read.Max(row => row[column]),
                };
                sum += weights[column] * pooled;
            }

            Assert.AreEqual(sum, score, 1e-5);
        }
    }

    /// <summary>4·width² + 2·width·feedForward weights a layer, as the documentation says, in as many heads as were asked for.</summary>
    [TestMethod]
    [DataRow("transformer(layers=3, width=12, heads=3, feedForward=20)", 3, 12, 3, 20)]
    [DataRow("bert(layers=1, width=8, heads=4, feedForward=16)", 1, 8, 4, 16)]
    public void Backbone_OfNumbers_MakesThatNetwork(string backbone, int layers, int width, int heads, int feedForward)
    {
        foreach (TextCase task in (TextCase[])[TextCase.Binary, TextCase.Words])
        {
            Network network = NetworkOf(task, options => (options.Backbone, options.MaxTokens) = (TextBackbone.Parse(backbone), 9));

            Parameter[] products = [.. network.Parameters.Where(parameter => parameter.Name.StartsWith("layers.", StringComparison.Ordinal)
                && parameter.Name.EndsWith(".weight", StringComparison.Ordinal) && parameter.Rows > 1)];
            Assert.AreEqual(layers * ((4 * width * width) + (2 * width * feedForward)), products.Sum(product => product.Values.Length));
            StringAssert.Contains(network.Spec.ToString(), $"{heads} heads");
            Assert.AreEqual(9, network.Tokens!.Rows);
            Assert.AreEqual(
                backbone[0] == 'b', network.Parameters.Any(parameter => parameter.Name == "embeddings.norm.weight"), "norms stand behind");
        }
    }

    /// <summary>A vocabulary has the special tokens and what the texts have of words, or of characters.</summary>
    [TestMethod]
    public void Tokenizer_OfWordsOrCharacters_IsTheNetworksVocabulary()
    {
        string[] texts = [.. Words.WordsRow.Rows(Rows).SelectMany(row => row.Words)];
        int words = NetworkOf(TextCase.Words, options => options.Tokenizer = TextTokenizer.TrainWords(200)).Tokens!.Vocabulary;
        int few = NetworkOf(TextCase.Words, options => options.Tokenizer = TextTokenizer.TrainWords(12)).Tokens!.Vocabulary;
        int characters = NetworkOf(TextCase.Words, options => options.Tokenizer = TextTokenizer.Characters(200)).Tokens!.Vocabulary;

        Assert.AreEqual(
            (5 + texts.Distinct().Count(), 12, 5 + texts.SelectMany(text => text).Distinct().Count()), (words, few, characters));
    }

    /// <summary>A pair is [CLS], the first text, [SEP], the second, [SEP]: its tokens are those of the texts one by one.</summary>
    [TestMethod]
    public void SecondTextColumnName_OfPairs_StandsBehindTheFirst()
    {
        ITransformer one = Fit(TextCase.Binary, _ => { });
        ITransformer two = Fit(TextCase.Binary, options => options.SecondTextColumnName = nameof(TextRow.Other));
        TextRow[] rows = TextRow.Rows(8);
        float[][] pairs = [.. two.Transform(Ml.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Tokens(Text, Other)")];

        for (int row = 0; row < rows.Length; row++)
        {
            float[] pair = [.. pairs[row].TakeWhile(token => token != 0)];
            Assert.HasCount(rows[row].Text.Split(' ').Length + 4, pair, "with three special tokens and one word behind");
            Assert.AreEqual((pair[^3], pair[^1]), (pair[^1], pair[^3]), "both texts end alike");
            Assert.AreNotEqual(pair[0], pair[^1]);
        }

        Assert.IsNull(one.Transform(Ml.Data.LoadFromEnumerable(rows)).Schema.GetColumnOrNull("Tokens(Text, Other)"));
    }

    /// <summary>Without dropout nothing of a run depends on its seed but the start and the order of rows; with it each step does.</summary>
    [TestMethod]
    [DynamicData(nameof(TextCase.All), typeof(TextCase))]
    internal void Dropout_OfARate_ChangesTheFirstLoss(TextCase task)
    {
        TrainingResult Once(float dropout) => TrainerCase.TrainingOf(Fit(task, options
            => (options.Dropout, options.Epochs, options.BatchSize, options.LearningRate) = (dropout, 1, Rows, 1e-20f)));

        double none = Once(0).History[0].Loss, little = Once(1e-6f).History[0].Loss, half = Once(0.5f).History[0].Loss;

        Assert.AreEqual(none, little, 1e-4);
        Assert.IsGreaterThan(1e-3, Math.Abs(half - none));
    }

    private static Network NetworkOf(TextCase task, Action<dynamic> change) => TrainerCase.NetworkOf(Fit(task, change)).Network;

    private static IDataView Texts(params string[] texts)
        => Ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }));

    private static float[][] Scores(ITransformer model, params string[] texts) => ScoredRows.ScoresOf(model.Transform(Texts(texts)));

    private static ITransformer Fit(TextCase task, Action<dynamic> change) => task.Fit(Ml, task.Rows(Ml, Rows), options =>
    {
        options.Epochs = 2;
        change(options);
    });
}
