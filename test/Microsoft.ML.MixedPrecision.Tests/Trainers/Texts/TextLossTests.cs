using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tests.Trainers.Words;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>
/// One step of gradient descent, by hand: from the probabilities p of a network that has not learned, the loss
/// Σᵢ wᵢ·(−Σⱼ tᵢⱼ ln pᵢⱼ)/D that is reported, and the last layer's bias, which the step moves by −η·Σᵢ wᵢ(pᵢⱼ − tᵢⱼ)/D. D are the rows, or
/// the words that have a label and are kept; t is smoothed; w is the row's weight times that of the class.
/// </summary>
[TestClass]
public sealed class TextLossTests
{
    private const float Rate = 0.5f, Smoothing = 0.2f;

    /// <summary>Of 12 tokens at most, 10 words; a row may have fewer.</summary>
    private const int MaxTokens = 8, KeptWords = 6;

    private static readonly MLContext Ml = new(seed: 1);

    private static readonly string[] Tags = ["does", "what", "which", "who"], Groups = ["group 0", "group 1", "group 2"];

    /// <summary>All rows at once, or as micro-batches of one step: the divisor is the step's.</summary>
    [TestMethod]
    [DataRow(40, 1)]
    [DataRow(10, 4)]
    [DataRow(7, 6)]
    public void Fit_OneStepOfWords_IsTheOneByHand(int batch, int accumulated)
    {
        WordsRow[] rows = WordsRow.Rows(40, seed: 5);
        foreach ((int i, WordsRow row) in rows.Index())
        {
            row.Weight = 1 + (i % 3);
            row.Tags = [.. row.Tags.Select((tag, word) => (i + word) % 5 == 0 ? "" : tag)];
        }

        var weights = new Dictionary<string, float> { ["does"] = 2.5f, ["which"] = 0 };
        void Change(dynamic options)
        {
            (options.LabelSmoothing, options.ClassWeights) = (Smoothing, weights);
            (options.BatchSize, options.GradientAccumulationSteps, options.MaxTokens) = (batch, accumulated, MaxTokens);
        }

        ITransformer start = Fit(TextCase.Words, Labelled(rows), Change, learns: false), end = Fit(TextCase.Words, Labelled(rows), Change);
        var examples = new List<(double Weight, double[] Probabilities, int Label)>();
        foreach ((float[] score, WordsRow row) in start.Transform(Labelled(rows)).GetColumn<float[]>("Score").Zip(rows))
        {
            for (int word = 0; word < Math.Min(KeptWords, row.Words.Length); word++)
            {
                if (Array.IndexOf(Tags, row.Tags[word]) is >= 0 and int label)
                {
                    examples.Add((
                        row.Weight * weights.GetValueOrDefault(row.Tags[word], 1),
                        [.. score[(4 * word)..(4 * (word + 1))].Select(p => (double)p)],
                        label));
                }
            }
        }

        Assert.IsGreaterThan(0, rows.Count(row => row.Words.Length > KeptWords), "some words are cut");
        AssertStep(examples, start, end);
    }

    [TestMethod]
    [DataRow(40, 1)]
    [DataRow(10, 4)]
    public void Fit_OneStepOfTexts_IsTheOneByHand(int batch, int accumulated)
    {
        TextRow[] rows = TextRow.Rows(40, seed: 5);
        var weights = new Dictionary<string, float> { ["group 0"] = 2.5f, ["group 2"] = 0.5f };
        void Change(dynamic options)
        {
            (options.LabelSmoothing, options.ClassWeights) = (Smoothing, weights);
            (options.BatchSize, options.GradientAccumulationSteps) = (batch, accumulated);
        }

        IDataView data = TextCase.Classes.Rows(Ml, 40, seed: 5);
        ITransformer start = Fit(TextCase.Classes, data, Change, learns: false), end = Fit(TextCase.Classes, data, Change);

        AssertStep(
            [.. start.Transform(data).GetColumn<float[]>("Score").Zip(rows).Select(pair => (
                (double)weights.GetValueOrDefault(pair.Second.Group, 1),
                pair.First.Select(p => (double)p).ToArray(),
                Array.IndexOf(Groups, pair.Second.Group)))],
            start,
            end);
    }

    [TestMethod]
    public void Fit_OneStepOfYesAndNo_IsTheOneByHand()
    {
        static void Change(dynamic options) => (options.LabelSmoothing, options.PositiveClassWeight) = (Smoothing, 3f);
        IDataView data = TextCase.Binary.Rows(Ml, 40);
        ITransformer start = Fit(TextCase.Binary, data, Change, learns: false), end = Fit(TextCase.Binary, data, Change);
        double loss = 0, gradient = 0;
        foreach ((float score, TextRow row) in start.Transform(data).GetColumn<float>("Score").Zip(TextRow.Rows(40)))
        {
            double p = 1 / (1 + Math.Exp(-score)), t = row.IsTool ? 1 - (Smoothing / 2) : Smoothing / 2, weight = row.IsTool ? 3 : 1;
            loss -= weight * ((t * Math.Log(p)) + ((1 - t) * Math.Log(1 - p))) / 40;
            gradient += weight * (p - t) / 40;
        }

        Assert.AreEqual(loss, TrainerCase.TrainingOf(start).History[0].Loss, 1e-5);
        Assert.AreEqual(-Rate * gradient, Bias(end)[0] - Bias(start)[0], 1e-5);
    }

    /// <summary>Standardized numbers have mean 0 and deviation 1; the step moves the bias in their unit, which the model has folded
    /// back.</summary>
    [TestMethod]
    public void Fit_OneStepOfNumbers_IsTheOneByHand()
    {
        IDataView data = TextCase.Numbers.Rows(Ml, 40);
        ITransformer start = Fit(TextCase.Numbers, data, _ => { }, learns: false), end = Fit(TextCase.Numbers, data, _ => { });
        double[] labels = [.. TextRow.Rows(40).Select(row => (double)row.Number)];
        double mean = labels.Average(), deviation = Math.Sqrt(labels.Average(label => (label - mean) * (label - mean)));
        double[] errors = [.. start.Transform(data).GetColumn<float>("Score").Zip(labels, (score, label) => (score - label) / deviation)];

        Assert.AreEqual(errors.Average(error => error * error), TrainerCase.TrainingOf(start).History[0].Loss, 1e-5);
        Assert.AreEqual(-Rate * 2 * errors.Average() * deviation, Bias(end)[0] - Bias(start)[0], 1e-4);
    }

    private static void AssertStep(
        List<(double Weight, double[] Probabilities, int Label)> examples, ITransformer start, ITransformer end)
    {
        int classes = examples[0].Probabilities.Length;
        double loss = 0;
        var gradient = new double[classes];
        foreach ((double weight, double[] p, int label) in examples)
        {
            for (int j = 0; j < classes; j++)
            {
                double t = (j == label ? 1 - Smoothing : 0) + (Smoothing / classes);
                loss -= weight * t * Math.Log(p[j]) / examples.Count;
                gradient[j] += weight * (p[j] - t) / examples.Count;
            }
        }

        Assert.AreEqual(loss, TrainerCase.TrainingOf(start).History[0].Loss, 1e-5);
        for (int j = 0; j < classes; j++)
        {
            Assert.AreEqual(-Rate * gradient[j], Bias(end)[j] - Bias(start)[j], 1e-5, $"class {j}");
        }
    }

    private static float[] Bias(ITransformer model) => TrainerCase.NetworkOf(model).Network.OutputLayer.Bias.Values;

    /// <summary>Keys of all tags; a missing one is 0.</summary>
    private static IDataView Labelled(WordsRow[] rows)
    {
        IDataView keys = Ml.Data.LoadFromEnumerable(Tags.Select(tag => new WordsTag { Value = tag }));
        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        return Ml.Transforms.Conversion.MapValueToKey(nameof(WordsRow.Tags), keyData: keys).Fit(data).Transform(data);
    }

    private static ITransformer Fit(TextCase task, IDataView data, Action<dynamic> change, bool learns = true)
        => task.Fit(Ml, data, options =>
        {
            (options.Optimizer, options.Schedule) = (OptimizerKind.Sgd, LearningRateSchedule.Constant);
            (options.LearningRate, options.WarmupFraction) = (learns ? Rate : 1e-20f, 0f);
            (options.WeightDecay, options.Momentum, options.Dropout) = (0f, 0f, 0f);
            options.ClipNorm = null;
            (options.Epochs, options.BatchSize) = (1, 40);
            if (task == TextCase.Words)
            {
                options.ExampleWeightColumnName = nameof(WordsRow.Weight);
            }

            change(options);
        });

    private sealed class WordsTag
    {
        public string Value { get; set; } = "";
    }
}
