using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Scoring;

/// <summary>Batches under way, and who computes them.</summary>
[TestClass]
public sealed class CpuBulkScorerTests
{
    private const int Inputs = 64;
    private const int Outputs = 10;

    /// <summary>Five tiles of 48 rows, the last one of 8.</summary>
    private const int BatchRows = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    public void End_OfBatchesInTurns_GivesTheBitsOfEachRowAlone(int threads)
    {
        using var scorer = new Scorer(Network(), threads, softmax: true);
        using BulkScorer bulk = scorer.CreateBulkScorer(2 * BatchRows, callers: 1);
        Assert.AreEqual(BatchRows, bulk.MaxRows);

        // As a cursor does it: the next batch is written and handed over before the last one is taken.
        int[] sizes = [BatchRows, BatchRows, 1, 48, 97, BatchRows];
        for (int batch = 0; batch <= sizes.Length; batch++)
        {
            if (batch < sizes.Length)
            {
                Begin(bulk, batch % 2, sizes[batch], seed: batch);
            }

            if (batch > 0)
            {
                bulk.End((batch - 1) % 2);
                AssertScores(scorer, bulk, (batch - 1) % 2, sizes[batch - 1], seed: batch - 1);
            }
        }
    }

    [TestMethod]
    [DataRow(2, 1, true)]
    [DataRow(1, 1, false)]
    [DataRow(2, 2, false)]
    public void Begin_WithThreadsForIt_IsComputedMeanwhile(int threads, int callers, bool expected)
    {
        using var scorer = new Scorer(Network(), threads, softmax: true);
        using BulkScorer bulk = scorer.CreateBulkScorer(2 * BatchRows, callers);
        Begin(bulk, slot: 0, BatchRows, seed: 1);

        // A softmax is nowhere 0 here, and the array was. Nobody else could compute it in a moment where it is not expected.
        bool isComputed = SpinWait.SpinUntil(
            () => bulk.Scores(0, BatchRows - 1)[0] != 0,
            expected ? Patience : TimeSpan.FromMilliseconds(100));

        Assert.AreEqual(expected, isComputed);
        bulk.End(0);
        AssertScores(scorer, bulk, slot: 0, BatchRows, seed: 1);
    }

    [TestMethod]
    public void End_WhereComputingFailed_Throws_AndTheNextBatchIsComputed()
    {
        var network = Network();
        using var scorer = new Scorer(network, 1, softmax: true);
        using var weights = new ScoringWeights(network, scorer.CreateSession(1).Device);
        int calls = 0;
        using var bulk = new CpuBulkScorer(
            network,
            BatchRows,
            threads: 1,
            rows => calls++ == 0
                ? throw new InsufficientMemoryException("none left")
                : new ScoringLane(network, weights, rows, softmax: true));

        Begin(bulk, 0, BatchRows, seed: 1);
        Assert.ThrowsExactly<InsufficientMemoryException>(() => bulk.End(0));
        Begin(bulk, 0, BatchRows, seed: 2);
        bulk.End(0);

        AssertScores(scorer, bulk, 0, BatchRows, seed: 2);
    }

    [TestMethod]
    public void Execute_OnManyThreads_RunsEachTileOnce()
    {
        const int Tiles = 1000;
        int[] runs = new int[Tiles];
        var job = new ScoringJob(tile => Interlocked.Increment(ref runs[tile]), Tiles);
        Assert.IsFalse(job.IsDone);

        Parallel.For(0, 8, _ => job.Execute());

        Assert.IsTrue(job.IsDone);
        Assert.IsFalse(job.TryRunTile());
        Assert.IsTrue(runs.All(count => count == 1));
    }

    [TestMethod]
    public void GiveUp_WithATileUnderWay_WaitsForItAndLeavesOutTheRest()
    {
        using var started = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        int ended = 0;
        var job = new ScoringJob(
            _ =>
            {
                started.Set();
                mayEnd.Wait();
                Interlocked.Increment(ref ended);
            },
            tiles: 5);
        Task worker = Task.Run(job.Execute);
        Assert.IsTrue(started.Wait(Patience));

        Task givingUp = Task.Run(job.GiveUp);
        Assert.IsTrue(SpinWait.SpinUntil(() => !job.HasTiles, Patience));
        Assert.IsFalse(givingUp.Wait(TimeSpan.FromMilliseconds(50)), "the tile's memory is still in use");
        mayEnd.Set();

        Assert.IsTrue(Task.WaitAll([worker, givingUp], Patience));
        Assert.AreEqual(1, ended);
        Assert.IsTrue(job.IsDone);
    }

    private static Network Network()
    {
        var network = new Network(new Perceptron(Inputs, [128, 64], ActivationKind.Relu, Outputs).ToSpec());
        network.Initialize(1);
        return network;
    }

    private static float[] Features(int row, int seed)
    {
        var random = new Random((seed * 1000) + row);
        return [.. Enumerable.Range(0, Inputs).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static void Begin(BulkScorer bulk, int slot, int rows, int seed)
    {
        for (int row = 0; row < rows; row++)
        {
            Features(row, seed).CopyTo(bulk.Features(slot, row));
        }

        bulk.Begin(slot, rows);
    }

    private static void AssertScores(Scorer scorer, BulkScorer bulk, int slot, int rows, int seed)
    {
        using ScoringSession alone = scorer.CreateSession(1);
        float[] expected = new float[Outputs];
        for (int row = 0; row < rows; row++)
        {
            alone.Run(Features(row, seed), 1, expected);
            CollectionAssert.AreEqual(expected, bulk.Scores(slot, row).ToArray(), $"row {row} of {rows}");
        }
    }
}
