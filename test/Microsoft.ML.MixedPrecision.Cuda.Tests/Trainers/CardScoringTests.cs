using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Trainers;

/// <summary>Models that were trained on a card, saved and loaded, scoring on the CPU and on the card.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CardScoringTests
{
    private const int Count = 2500;

    /// <summary>4·512 + 512·256 + 256·3 weights and their biases: 2 × 1024 × 134915 = 2.8e8 operations a batch.</summary>
    private static readonly int[] WorthACard = [512, 256];
    private static readonly int[] NotWorthACard = [16];

    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Blob[] Rows = Blob.Rows(Count, seed: 2);
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Rows);
    private static readonly Lazy<byte[]> Large = new(() => Trained(WorthACard));
    private static readonly Lazy<byte[]> Small = new(() => Trained(NotWorthACard));

    private CudaContext _context = null!;

    [TestInitialize]
    public void OpenCard() => _context = Gpu.Open();

    [TestCleanup]
    public void CloseCard() => _context?.Dispose();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Transform_OnTheCard_AgreesWithTheCpu(bool isLarge)
    {
        using var onCpu = new LoadedModel(isLarge ? Large.Value : Small.Value, ComputeDevice.Cpu);
        using var onCard = new LoadedModel(isLarge ? Large.Value : Small.Value, ComputeDevice.Cuda(0));
        IDataView expected = onCpu.Chain.Transform(Test), actual = onCard.Chain.Transform(Test);

        float[][] wanted = [.. expected.GetColumn<float[]>("Score")], got = [.. actual.GetColumn<float[]>("Score")];
        Assert.HasCount(Count, got);
        for (int row = 0; row < Count; row++)
        {
            for (int column = 0; column < Blob.Kinds.Length; column++)
            {
                Assert.AreEqual(wanted[row][column], got[row][column], 1e-5f, $"row {row}, class {column}");
            }
        }

        CollectionAssert.AreEqual(expected.GetColumn<uint>("PredictedLabel").ToArray(), actual.GetColumn<uint>("PredictedLabel").ToArray());
        Assert.IsGreaterThan(
            0.97,
            Rows.Zip(actual.GetColumn<string>("PredictedKind"), (row, kind) => row.Kind == kind ? 1.0 : 0).Average());
    }

    [TestMethod]
    public void Transform_Auto_TakesTheCardForLargeNetworksAlone()
    {
        using LoadedModel large =
            new(Large.Value, ComputeDevice.Auto), largeOnCard = new(Large.Value, ComputeDevice.Cuda(0)), largeOnCpu = new(
            Large.Value,
            ComputeDevice.Cpu);
        using LoadedModel small = new(Small.Value, ComputeDevice.Auto), smallOnCpu = new(Small.Value, ComputeDevice.Cpu);
        uint[] auto = Scores.BitsOf(large.Chain.Transform(Test));

        CollectionAssert.AreEqual(Scores.BitsOf(largeOnCard.Chain.Transform(Test)), auto);
        CollectionAssert.AreNotEqual(Scores.BitsOf(largeOnCpu.Chain.Transform(Test)), auto,
            "sums of hundreds of products, in another order");
        CollectionAssert.AreEqual(Scores.BitsOf(smallOnCpu.Chain.Transform(Test)), Scores.BitsOf(small.Chain.Transform(Test)));
    }

    [TestMethod]
    [DataRow(true, ScoredDataView.BatchRows, true)]
    [DataRow(true, ScoredDataView.BatchRows - 1, false)]
    [DataRow(false, ScoredDataView.BatchRows, false)]
    public void CreateBulkScorer_Auto_AsksForRowsAndWork(bool isLarge, int rows, bool expected)
    {
        using var model = new LoadedModel(isLarge ? Large.Value : Small.Value, ComputeDevice.Auto);
        using BulkScorer scorer = model.Ours.Network.CreateBulkScorer(rows);

        Assert.AreEqual(expected, scorer is CardBulkScorer);
    }

    [TestMethod]
    public void Transform_OfFewerRowsOnTheCard_GivesTheSameBits()
    {
        using var model = new LoadedModel(Large.Value, ComputeDevice.Cuda(0));
        uint[] all = Scores.BitsOf(model.Chain.Transform(Test));
        IDataView some = Ml.Data.LoadFromEnumerable(Rows.Take(2000).ToArray());

        CollectionAssert.AreEqual(all[..(2000 * Blob.Kinds.Length)], Scores.BitsOf(model.Chain.Transform(some)));
    }

    /// <summary>Rows of NaN and infinities are found on the host, and the rows beside them have the bits that they have without
    /// them.</summary>
    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Transform_OfRowsThatAreNotFiniteOnTheCard_GivesNaNForTheseAlone(float value)
    {
        using var model = new LoadedModel(Large.Value, ComputeDevice.Cuda(0));
        uint[] expected = Scores.BitsOf(model.Chain.Transform(Test));
        Blob[] rows = Blob.Rows(Count, seed: 2);
        rows[7].Features[1] = rows[1500].Features[3] = value;

        float[][] scores = [.. model.Chain.Transform(Ml.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Score")];

        for (int row = 0; row < Count; row++)
        {
            bool isInvalid = row is 7 or 1500;
            Assert.AreEqual(isInvalid, scores[row].All(float.IsNaN), $"row {row}");
            Assert.IsTrue(
                isInvalid || Scores.BitsOf(scores[row]).SequenceEqual(expected.Skip(row * scores[row].Length).Take(scores[row].Length)));
        }
    }

    [TestMethod]
    public void Transform_FromSeveralThreads_GivesTheSameBits()
    {
        using var model = new LoadedModel(Large.Value, ComputeDevice.Cuda(0));
        uint[] expected = Scores.BitsOf(model.Chain.Transform(Test));
        var bits = new uint[6][];

        Parallel.For(
            0,
            bits.Length,
            new ParallelOptions { MaxDegreeOfParallelism = bits.Length },
            i => bits[i] = Scores.BitsOf(model.Chain.Transform(Test)));

        foreach (uint[] some in bits)
        {
            CollectionAssert.AreEqual(expected, some);
        }
    }

    [TestMethod]
    public void Dispose_WhileACursorIsOpen_LeavesTheCursorAndLaterOnesWorking()
    {
        using var model = new LoadedModel(Large.Value, ComputeDevice.Cuda(0));
        IDataView scored = model.Chain.Transform(Test);
        float[][] expected = [.. scored.GetColumn<float[]>("Score")];
        var actual = new List<float[]>();
        using (DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]))
        {
            ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
            VBuffer<float> score = default;
            while (cursor.MoveNext())
            {
                getScore(ref score);
                actual.Add([.. score.DenseValues()]);
                if (actual.Count == 10)
                {
                    model.Ours.Dispose();
                }
            }
        }

        Assert.HasCount(Count, actual);
        CollectionAssert.AreEqual(expected.SelectMany(Scores.BitsOf).ToArray(), actual.SelectMany(Scores.BitsOf).ToArray());
        CollectionAssert.AreEqual(expected.SelectMany(Scores.BitsOf).ToArray(), Scores.BitsOf(scored), "after the card was given back");
    }

    [TestMethod]
    public void Dispose_OfModelAndCursors_GivesTheMemoryBack()
    {
        Score();
        (long before, _) = _context.ReadMemory();
        for (int i = 0; i < 5; i++)
        {
            Score();
        }

        Assert.AreEqual(before, _context.ReadMemory().Free);

        static void Score()
        {
            using var model = new LoadedModel(Large.Value, ComputeDevice.Cuda(0));
            IDataView scored = model.Chain.Transform(Test);
            using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
            Assert.IsTrue(cursor.MoveNext());
            model.Ours.Dispose();
            Assert.IsTrue(cursor.MoveNext());
        }
    }

    [TestMethod]
    public void Predict_WhereScoringIsOnTheCard_GivesTheBitsOfTheCpu()
    {
        using LoadedModel onCard = new(Large.Value, ComputeDevice.Cuda(0)), onCpu = new(Large.Value, ComputeDevice.Cpu);
        using var engine = Ml.Model.CreatePredictionEngine<Blob, Prediction>(
            onCard.Chain,
            new PredictionEngineOptions { OwnsTransformer = false });
        Blob[] some = Rows[..200];

        uint[] single = [.. some.SelectMany(row => Scores.BitsOf(engine.Predict(row).Score))];

        CollectionAssert.AreEqual(Scores.BitsOf(onCpu.Chain.Transform(Ml.Data.LoadFromEnumerable(some))), single);
    }

    private static byte[] Trained(int[] hiddenLayers)
    {
        IDataView train = Ml.Data.LoadFromEnumerable(Blob.Rows(600));
        using TransformerChain<ITransformer> model = Blob.Pipeline(Ml, Blob.Options(options =>
        {
            options.Device = ComputeDevice.Cuda(0);
            options.HiddenLayers = hiddenLayers;
            options.Precision = PrecisionPolicy.MixedBFloat16;
            options.LearningRate = 3e-3f;
        })).Fit(train);
        using var stream = new MemoryStream();
        Ml.Model.Save(model, train.Schema, stream);
        return stream.ToArray();
    }

    /// <summary>A model from a file, scoring on a device.</summary>
    private sealed class LoadedModel : IDisposable
    {
        public LoadedModel(byte[] file, ComputeDevice device)
        {
            using var stream = new MemoryStream(file);
            Chain = new MLContext().Model.Load(stream, out _);
            Ours = ((IEnumerable<ITransformer>)Chain).OfType<NetworkMulticlassTransformer>().Single();
            Ours.ScoringDevice = device;
        }

        public ITransformer Chain { get; }

        public NetworkMulticlassTransformer Ours { get; }

        public void Dispose() => ((IDisposable)Chain).Dispose();
    }
}
