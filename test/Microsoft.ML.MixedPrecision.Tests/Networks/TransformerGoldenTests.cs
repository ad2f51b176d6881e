using System.Text.Json;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>Whole Transformers, pre-norm and post-norm, against PyTorch, which pads examples and masks keys:
/// Golden/record_transformer.py.</summary>
[TestClass]
public sealed class TransformerGoldenTests : IDisposable
{
    private static readonly JsonElement Record = GoldenRecord.Read("transformer.json");

    private readonly CpuDevice _device = new(2);

    public static IEnumerable<object[]> Cases => [[0], [1]];

    public void Dispose() => _device.Dispose();

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Forward_ExamplesOfDifferentLength_GivesPyTorchsLogits(int number)
    {
        JsonElement its = Record.GetProperty("cases")[number];
        Network network = Start(its);
        double[] expected = GoldenRecord.Numbers(its.GetProperty("logits"));
        int[][] tokens = Tokens(its);
        int classes = Size("classes");
        using var scorer = new Scorer(network, threads: 2, softmax: false);
        using ScoringSession session = scorer.CreateSession(tokens.Length);
        float[] x = [.. tokens.SelectMany(row => Enumerable.Range(0, Size("steps")).Select(t => t < row.Length ? row[t] + 1f : 0f))];
        float[] logits = new float[expected.Length], alone = new float[classes];

        session.Run(x, tokens.Length, logits);

        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], logits[i], 1e-5 * Math.Max(1, Math.Abs(expected[i])), $"logit {i}");
        }

        for (int row = 0; row < tokens.Length; row++)
        {
            session.Run(x.AsSpan(row * Size("steps"), Size("steps")), 1, alone);
            CollectionAssert.AreEqual(logits[(row * classes)..((row + 1) * classes)], alone, $"row {row} alone has the same bits");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Gradients_ExamplesOfDifferentLength_ArePyTorchs(int number)
    {
        JsonElement its = Record.GetProperty("cases")[number];
        Network network = Start(its);
        using RowStore store = Store(its);
        using TrainingPlan plan = GoldenRecord.Plan(Record, network, store, store.Rows);

        plan.Accumulate(store, [.. Enumerable.Range(0, store.Rows)]);

        Assert.AreEqual(its.GetProperty("loss").GetDouble(), plan.State.Loss, 1e-5);
        GoldenRecord.AssertGradients(its, network, plan);
    }

    /// <summary>Micro-batches of one example: what one leaves behind must not reach the next.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Gradients_OfOneExampleAfterTheOther_ArePyTorchs(int number)
    {
        JsonElement its = Record.GetProperty("cases")[number];
        Network network = Start(its);
        using RowStore store = Store(its);
        using TrainingPlan plan = GoldenRecord.Plan(Record, network, store, 1);

        plan.Accumulate(store, [.. Enumerable.Range(0, store.Rows)]);

        GoldenRecord.AssertGradients(its, network, plan);
    }

    /// <summary>Fifty steps of AdamW: Float32 stays within 10⁻⁴ of binary64 as long as the loss falls smoothly.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Training_FiftySteps_FollowsPyTorch(int number)
    {
        JsonElement its = Record.GetProperty("cases")[number];
        double[] expected = GoldenRecord.Numbers(its.GetProperty("losses"));
        using RowStore store = Store(its);
        using TrainingPlan plan = GoldenRecord.Plan(Record, Start(its), store, store.Rows);

        for (int step = 0; step < expected.Length; step++)
        {
            plan.Step(store, [.. Enumerable.Range(0, store.Rows)], (float)Record.GetProperty("rate").GetDouble());
            Assert.AreEqual(expected[step], plan.State.Loss, 1e-4 * Math.Max(1, expected[step]), $"step {step}");
        }

        Assert.IsLessThan(0.5 * expected[0], expected[^1], "there is something to follow");
    }

    private static Network Start(JsonElement its)
    {
        var network = new Network(new Transformer(
            new TokensInput(RowSchema.Features, Size("steps"), Size("vocabulary")),
            Size("layers"),
            Size("width"),
            Size("heads"),
            Size("hidden"),
            Size("classes"),
            IsPreNorm: its.GetProperty("isPreNorm").GetBoolean()).ToSpec());
        GoldenRecord.Fill(network, its);
        return network;
    }

    private RowStore Store(JsonElement its)
    {
        var store = new RowStore(
            _device, RowSchema.Sequences(Size("steps"), Size("vocabulary"), hasWeights: false, targetNumbers: null));
        foreach ((int[] tokens, int label) in Tokens(its).Zip(its.GetProperty("labels").EnumerateArray().Select(item => item.GetInt32())))
        {
            float[] row = new float[Size("steps")];
            for (int t = 0; t < tokens.Length; t++)
            {
                row[t] = tokens[t] + 1;
            }

            store.Append(row, label, 1);
        }

        return store;
    }

    private static int[][] Tokens(JsonElement its)
        => [.. its.GetProperty("tokens").EnumerateArray().Select(row => row.EnumerateArray().Select(item => item.GetInt32()).ToArray())];

    private static int Size(string name) => Record.GetProperty(name).GetInt32();
}
