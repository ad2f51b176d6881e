using System.Text.Json;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>A GPT with tied weights against PyTorch, which pads examples: Golden/record_gpt.py.</summary>
[TestClass]
public sealed class GptGoldenTests : IDisposable
{
    private static readonly JsonElement Record = GoldenRecord.Read("gpt.json");

    private readonly CpuDevice _device = new(2);

    private static int[][] Tokens => Ints("tokens");

    public void Dispose() => _device.Dispose();

    [TestMethod]
    public void Forward_ExamplesOfDifferentLength_GivesPyTorchsLogits()
    {
        using var scorer = new Scorer(Start(), threads: 2, softmax: false);
        using ScoringSession session = scorer.CreateSession(Tokens.Length);
        float[] x = [.. Tokens.SelectMany(Padded)], logits = new float[Tokens.Length * session.Outputs];

        session.Run(x, Tokens.Length, logits);

        for (int row = 0; row < Tokens.Length; row++)
        {
            AssertClose(Logits(row), logits.AsSpan(row * session.Outputs), $"row {row}");
        }
    }

    /// <summary>The independent road is PyTorch's forward pass over whole examples.</summary>
    [TestMethod]
    public void Decoding_TokenByToken_GivesPyTorchsLogits()
    {
        using var scorer = new Scorer(Start(), threads: 2, softmax: false);
        using DecodingSession session = scorer.CreateDecodingSession();
        int vocabulary = Size("vocabulary");
        for (int row = 0; row < Tokens.Length; row++)
        {
            double[] expected = Logits(row);
            session.Restart();
            for (int t = 0; t < Tokens[row].Length; t++)
            {
                AssertClose(
                    expected[(t * vocabulary)..((t + 1) * vocabulary)], session.Next(Tokens[row][t]), $"row {row}, token {t}");
            }

            Assert.AreEqual(Tokens[row].Length, session.Tokens);
        }
    }

    [TestMethod]
    public unsafe void StepOutputs_RowsBehindEachOther_ArePyTorchsLogits()
    {
        using var scorer = new Scorer(Start(), threads: 2, softmax: true);
        using ScoringSession session = scorer.CreateSession(Tokens.Length);

        var outputs = session.StepOutputs(Tokens);

        int step = 0;
        for (int row = 0; row < Tokens.Length; row++)
        {
            double[] expected = Logits(row);
            for (int t = 0; t < Tokens[row].Length; t++, step++)
            {
                AssertClose(
                    expected[(t * outputs.Columns)..((t + 1) * outputs.Columns)],
                    new ReadOnlySpan<float>(outputs.Row(step), outputs.Columns),
                    $"row {row}, token {t}");
            }
        }
    }

    [TestMethod]
    [DataRow(4)]
    [DataRow(1)]
    public void Gradients_OfWholeBatchesAndOfMicroBatches_ArePyTorchs(int batch)
    {
        Network network = Start();
        using RowStore store = Store();
        using TrainingPlan plan = Plan(network, store, batch);

        plan.Accumulate(store, [.. Enumerable.Range(0, store.Rows)]);

        Assert.AreEqual(Record.GetProperty("loss").GetDouble(), plan.State.Loss, 1e-5);
        GoldenRecord.AssertGradients(Record, network, plan);
    }

    /// <summary>Fifty steps of AdamW: Float32 stays within 10⁻⁴ of binary64 as long as the loss falls smoothly.</summary>
    [TestMethod]
    public void Training_FiftySteps_FollowsPyTorch()
    {
        double[] expected = GoldenRecord.Numbers(Record.GetProperty("losses"));
        using RowStore store = Store();
        using TrainingPlan plan = Plan(Start(), store, store.Rows);

        for (int step = 0; step < expected.Length; step++)
        {
            plan.Step(store, [.. Enumerable.Range(0, store.Rows)], (float)Record.GetProperty("rate").GetDouble());
            Assert.AreEqual(expected[step], plan.State.Loss, 1e-4 * Math.Max(1, expected[step]), $"step {step}");
        }

        Assert.IsLessThan(0.5 * expected[0], expected[^1], "there is something to follow");
    }

    [TestMethod]
    public void Spec_InJson_IsReadBack()
    {
        byte[] written = NetworkSpecJson.Write(Spec());

        StringAssert.EndsWith(
            System.Text.Encoding.UTF8.GetString(written),
            """{"layer":"tiedLinear","name":"output","outputs":13,"table":"embeddings.tokens"}]}""");
        CollectionAssert.AreEqual(written, NetworkSpecJson.Write(NetworkSpecJson.Read(written)));
        StringAssert.EndsWith(NetworkSpecJson.Read(written).ToString(), "Linear 13 with the weights of 'embeddings.tokens'");
    }

    [TestMethod]
    public void Network_TiedToWhatIsNotThere_IsRefused()
    {
        NetworkSpec spec = Spec();
        string Message(LayerSpecChange change) => Assert.ThrowsExactly<InvalidDataException>(
            () => new Network(spec with { Layers = [.. spec.Layers.Take(spec.Layers.Count - 1), change()] })).Message;

        StringAssert.Contains(
            Message(() => new MixedPrecision.Layers.TiedLinearSpec("output", Size("vocabulary"), "tokens")), "no layer before it stores");
        StringAssert.Contains(
            Message(() => new MixedPrecision.Layers.TiedLinearSpec("output", 5, "embeddings.tokens")), "it has 13 × 8");
    }

    [TestMethod]
    public void DecodingSession_NetworkThatSeesLaterTokens_IsRefused()
    {
        var encoder = new Network(
            new Transformer(new TokensInput(RowSchema.Features, 4, 5), 1, 4, 1, 4, 2, Pooling: null).ToSpec());
        var pooled = new Network(new Transformer(new TokensInput(RowSchema.Features, 4, 5), 1, 4, 1, 4, 2, IsCausal: true).ToSpec());
        foreach ((Network network, string name) in new[] { (encoder, "layers.0.attention.heads"), (pooled, "pooling") })
        {
            using var scorer = new Scorer(network, threads: 1, softmax: false);
            StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => scorer.CreateDecodingSession()).Message, name);
        }
    }

    [TestMethod]
    public void Next_BeyondTheContext_IsRefused()
    {
        using var scorer = new Scorer(Start(), threads: 1, softmax: false);
        using DecodingSession session = scorer.CreateDecodingSession();
        for (int t = 0; t < Size("steps"); t++)
        {
            session.Next(0);
        }

        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => session.Next(0)).Message, "7 tokens");
    }

    private delegate MixedPrecision.Layers.LayerSpec LayerSpecChange();

    private static IEnumerable<float> Padded(int[] row)
        => Enumerable.Range(0, Size("steps")).Select(t => t < row.Length ? row[t] + 1f : 0f);

    private static double[] Logits(int row) => GoldenRecord.Numbers(Record.GetProperty("logits")[row]);

    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-5 * Math.Max(1, Math.Abs(expected[i])), $"{what}, output {i}");
        }
    }

    private static NetworkSpec Spec() => new Transformer(
        new TokensInput(RowSchema.Features, Size("steps"), Size("vocabulary")),
        Size("layers"),
        Size("width"),
        Size("heads"),
        Size("hidden"),
        Size("vocabulary"),
        Pooling: null,
        IsCausal: true,
        IsTied: true).ToSpec();

    private static Network Start()
    {
        var network = new Network(Spec());
        Assert.HasCount(Record.GetProperty("start").EnumerateObject().Count(), network.Parameters, "each matrix stands there once");
        GoldenRecord.Fill(network, Record);
        return network;
    }

    private static TrainingPlan Plan(Network network, RowStore store, int batch)
        => GoldenRecord.Plan(Record, network, store, batch, new CrossEntropyLoss(smoothing: 0, areKeys: true));

    private RowStore Store()
    {
        int vocabulary = Size("vocabulary");
        var store = new RowStore(_device, RowSchema.StepClasses(Size("steps"), vocabulary, vocabulary, hasWeights: false));
        foreach ((int[] tokens, int[] targets) in Tokens.Zip(Ints("targets")))
        {
            store.AppendSteps(new RowFeatures([.. Padded(tokens)]), [.. targets.Select(target => target + 1)], []);
        }

        return store;
    }

    private static int[][] Ints(string name) => [.. Record.GetProperty(name).EnumerateArray()
        .Select(row => row.EnumerateArray().Select(item => item.GetInt32()).ToArray())];

    private static int Size(string name) => Record.GetProperty(name).GetInt32();
}
