using System.Text.Json;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>Whole tabular Transformers, of numbers, of categories and of both, against PyTorch, which takes all tokens through all blocks:
/// Golden/record_tabular_transformer.py.</summary>
[TestClass]
public sealed class TabularTransformerGoldenTests : IDisposable
{
    private static readonly JsonElement Record = GoldenRecord.Read("tabular_transformer.json");

    private readonly CpuDevice _device = new(2);

    public static IEnumerable<object[]> Cases => [[0], [1], [2]];

    public void Dispose() => _device.Dispose();

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Forward_OfARowOfATable_GivesPyTorchsLogits(int number)
    {
        JsonElement its = Record.GetProperty("cases")[number];
        double[] expected = GoldenRecord.Numbers(its.GetProperty("logits"));
        float[][] rows = Rows(its);
        float[] logits = new float[expected.Length];
        using var scorer = new Scorer(Start(its), threads: 2, softmax: false);
        using ScoringSession session = scorer.CreateSession(rows.Length);

        session.Run([.. rows.SelectMany(row => row)], rows.Length, logits);

        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], logits[i], 1e-5 * Math.Max(1, Math.Abs(expected[i])), $"logit {i}");
        }
    }

    /// <summary>All rows at once, and micro-batches of one.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Gradients_OfAllParameters_ArePyTorchs(int number)
    {
        JsonElement its = Record.GetProperty("cases")[number];
        foreach (int batch in (int[])[its.GetProperty("labels").GetArrayLength(), 1])
        {
            Network network = Start(its);
            using RowStore store = Store(its);
            using TrainingPlan plan = GoldenRecord.Plan(Record, network, store, batch);

            plan.Accumulate(store, [.. Enumerable.Range(0, store.Rows)]);

            GoldenRecord.AssertGradients(its, network, plan);
            if (batch > 1)
            {
                Assert.AreEqual(its.GetProperty("loss").GetDouble(), plan.State.Loss, 1e-5);
            }
        }
    }

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
        int[] levels = [.. its.GetProperty("levels").EnumerateArray().Select(item => item.GetInt32())];
        var network = new Network(new TabularTransformer(
            NumbersInput.OfTable(
                its.GetProperty("numbers").GetInt32() + levels.Length,
                FeatureScaling.None,
                MissingValues.Reject,
                null,
                levels.Length == 0 ? null : levels),
            its.GetProperty("layers").GetInt32(),
            Size("width"),
            Size("heads"),
            Size("hidden"),
            Size("classes")).ToSpec());
        GoldenRecord.Fill(network, its);
        return network;
    }

    private RowStore Store(JsonElement its)
    {
        float[][] rows = Rows(its);
        var store = new RowStore(_device, NumericFormat.Float32, rows[0].Length, hasWeights: false, null);
        foreach ((float[] row, int label) in rows.Zip(its.GetProperty("labels").EnumerateArray().Select(item => item.GetInt32())))
        {
            store.Append(row, label, 1);
        }

        return store;
    }

    private static float[][] Rows(JsonElement its)
        => [.. its.GetProperty("x").EnumerateArray().Select(row => Array.ConvertAll(GoldenRecord.Numbers(row), value => (float)value))];

    private static int Size(string name) => Record.GetProperty(name).GetInt32();
}
