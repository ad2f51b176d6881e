using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Tests.Pretrained;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>
/// The row of a token that no text has knows no gradient: weight decay alone moves it, w ← w·(1 − η·wd) in each step. So what is left of it
/// tells the rate of every step, and with it what the options of the course and of fine-tuning do, by a product that is written out here.
/// </summary>
[TestClass]
public sealed class UnusedTokenTests
{
    private const int Rows = 50;
    private const float Rate = 0.02f, Decay = 0.5f;
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Of each case what is set, and the share of the rate in step t from 1 of T = 4 epochs · 5 steps, where nothing else is
    /// said.</summary>
    public static IEnumerable<object[]> Cases =>
    [
        Case("Constant", _ => { }, 20, _ => 1),
        Case("Linear", o => o.Schedule = LearningRateSchedule.Linear, 20, t => 1 - ((t - 1) / 20.0)),
        Case("Cosine", o => o.Schedule = LearningRateSchedule.Cosine, 20, t => (1 + Math.Cos(Math.PI * (t - 1) / 20)) / 2),
        Case(
            "FinalLearningRateFraction",
            o => (o.Schedule, o.FinalLearningRateFraction) = (LearningRateSchedule.Linear, 0.5f),
            20,
            t => 1 - (0.5 * (t - 1) / 20.0)),
        Case("WarmupFraction", o => o.WarmupFraction = 0.2f, 20, t => Math.Min(1, t / 4.0)),
        Case("LearningRate", o => o.LearningRate = 2 * Rate, 20, _ => 2),
        Case("Epochs", o => o.Epochs = 2, 10, _ => 1),
        Case("BatchSize", o => o.BatchSize = 7, 32, _ => 1),
        Case("GradientAccumulationSteps", o => o.GradientAccumulationSteps = 2, 12, _ => 1),
        Case("BackboneRate", o => o.FineTuning.BackboneRate = 0.25f, 20, _ => 0.25),
        Case("LayerDecay", o => o.FineTuning.LayerDecay = 0.5f, 20, _ => 0.5 * 0.5),
        Case("FreezeEpochs", o => o.FineTuning.FreezeEpochs = 3, 20, t => t > 15 ? 1 : 0),
        Case("Freeze", o => o.FineTuning.Freeze = new[] { "embeddings.tokens.weight" }, 20, _ => 0),
        Case(
            "RegularizationSchedule",
            o => o.RegularizationSchedule = RegularizationSchedule.FlatCos,
            20,
            t => (1 + Math.Cos(Math.PI * Math.Max(0, (2 * (t - 1) / 20.0) - 1))) / 2),
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    internal void Fit_CourseOfTexts_LeavesTheProductOfItsSteps(string name, Action<dynamic> change, int steps, Func<int, double> share)
    {
        double expected = Product(steps, share);
        foreach (TextCase task in (TextCase[])[TextCase.Binary, TextCase.Words])
        {
            Assert.AreEqual(expected, Left(task, change), 2e-6 * steps, $"{task}, {name}");
        }
    }

    /// <summary>Pretrained weights learn at a tenth, by default, and the embeddings of 2 layers at d² of it.</summary>
    [TestMethod]
    [DataRow(null, 1f, 0.1)]
    [DataRow(null, 0.5f, 0.1 * 0.25)]
    [DataRow(0.5f, 0.8f, 0.5 * 0.64)]
    public void Fit_FromWeights_LeavesTheProductOfItsSteps(float? rate, float decay, double share)
    {
        void Change(dynamic options)
        {
            TextCase.FromWeights(options);
            (options.FineTuning.BackboneRate, options.FineTuning.LayerDecay) = (rate, decay);
        }

        // Texts of letters and digits have no [MASK].
        float[] start = FileRow(4), end = Row(Fit(TextCase.Binary, Change), 4);

        Assert.AreEqual(Product(20, _ => share), Share(end, start), 4e-5);
    }

    private static object[] Case(string name, Action<dynamic> change, int steps, Func<int, double> share) => [name, change, steps, share];

    private static double Product(int steps, Func<int, double> share)
        => Enumerable.Range(1, steps).Aggregate(1.0, (product, step) => product * (1 - (Rate * Decay * share(step))));

    private static double Left(TextCase task, Action<dynamic> change)
    {
        Network still = Fit(task, options => options.WeightDecay = 0f), moved = Fit(task, change);
        return Share(Row(moved, 4), Row(still, 4));
    }

    /// <summary>That of the largest number, which has the least rounding.</summary>
    private static double Share(float[] end, float[] start)
    {
        int largest = Enumerable.Range(0, start.Length).MaxBy(i => Math.Abs(start[i]));
        return (double)end[largest] / start[largest];
    }

    private static float[] Row(Network network, int token)
    {
        Parameter table = network.Parameters.Single(parameter => parameter.Name == "embeddings.tokens.weight");
        return table.Values[(token * table.Columns)..((token + 1) * table.Columns)];
    }

    private static float[] FileRow(int token)
    {
        var encoder = PretrainedEncoder.Open(new EncoderCase("bert").Folder);
        var network = new Network(encoder.Network(new TokensInput("features", 12, 23), 1, 0, Pooling.Mean).ToSpec());
        encoder.Fill(network);
        return Row(network, token);
    }

    private static Network Fit(TextCase task, Action<dynamic> change)
        => TrainerCase.NetworkOf(task.Fit(Ml, task.Rows(Ml, Rows), options =>
        {
            options.Backbone = TextBackbone.Transformer(layers: 2, width: 8, heads: 2, feedForward: 8);
            (options.BatchSize, options.LearningRate, options.WeightDecay) = (10, Rate, Decay);
            (options.Schedule, options.WarmupFraction) = (LearningRateSchedule.Constant, 0f);
            change(options);
        })).Network;
}
