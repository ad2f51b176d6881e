using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>Which attempts a run keeps: all of a short one, of a long one a bounded number.</summary>
[TestClass]
public sealed class AttemptLogTests
{
    /// <summary>Ten of a kind, in epochs of 100 attempts. 10 · 32 is the first 10 · 2ⁿ that is not below 300: every 32nd stays, and what
    /// ends an epoch.</summary>
    [TestMethod]
    [DataRow(10, "1 2 3 4 5 6 7 8 9 10")]
    [DataRow(11, "1 3 5 7 9 11")]
    [DataRow(20, "1 3 5 7 9 11 13 15 17 19 20")]
    [DataRow(21, "1 5 9 13 17 21")]
    [DataRow(300, "1 33 65 97 100 129 161 193 200 225 257 289 300")]
    public void Add_Attempts_KeepsAllAndThenEverySecondOfThem(int attempts, string kept)
        => Assert.AreEqual(kept, Text(Run(attempts, perEpoch: 100, most: 10)));

    /// <summary>The skipped attempt 50 backs the scale off in 51, which grows again in 150: all stay, however thin the others
    /// are.</summary>
    [TestMethod]
    public void Add_SkippedAttemptsAndNewScales_KeepsThem()
        => Assert.AreEqual(
            "1 33 50 51 65 97 100 129 150 161 193 200 225 257 289 300",
            Text(Run(300, perEpoch: 100, most: 10, skipped: [50], scale: attempt => attempt is > 50 and < 150 ? 2 : 4)));

    /// <summary>Where nearly everything is skipped, the first ten stay and the others thin out as any do: 290 of them, every
    /// 32nd.</summary>
    [TestMethod]
    public void Add_MoreSkippedAttemptsThanTheBound_KeepsTheFirstAndThinsTheRest()
        => Assert.AreEqual(
            "1 2 3 4 5 6 7 8 9 10 33 65 97 100 129 161 193 200 225 257 289 300",
            Text(Run(300, perEpoch: 100, most: 10, skipped: [.. Enumerable.Range(1, 300)])));

    /// <summary>Every second attempt is skipped, so that the first thinning takes none away.</summary>
    [TestMethod]
    public void Add_RegularAttemptsThatNoThinningHalves_ThinsOn()
        => Assert.AreEqual(
            "1 2 4 5 6 8 9 10 12 13 14 16 17 18 20 21",
            Text(Run(21, perEpoch: 100, most: 10, skipped: [.. Enumerable.Range(1, 10).Select(i => 2 * i)])));

    [TestMethod]
    public void Add_EpochsOfOneAttempt_KeepsEachOfThem()
        => Assert.AreEqual(string.Join(' ', Enumerable.Range(1, 100)), Text(Run(100, perEpoch: 1, most: 10)));

    /// <summary>A list that a callback was given stays as it was.</summary>
    [TestMethod]
    public void Add_ThinningLater_LeavesGivenListsAlone()
    {
        var history = new List<TrainingMetrics>();
        var log = new AttemptLog(history, most: 10);
        AddEpoch(log, history, 1, 10);
        IReadOnlyList<StepMetrics> given = history[0].Attempts;
        AddEpoch(log, history, 11, 20);

        Assert.HasCount(10, given);
        Assert.AreEqual("1 3 5 7 9 10", string.Join(' ', history[0].Attempts.Select(attempt => attempt.Attempt)));
    }

    /// <summary>What the documentation of <see cref="TrainingMetrics.Attempts"/> promises, by the bound that training has.</summary>
    [TestMethod]
    public void Add_MillionsOfAttempts_KeepsNoMoreThanIsPromised()
    {
        List<TrainingMetrics> few = Run(100_000, perEpoch: 1000), many = Run(3_000_000, perEpoch: 10_000, skipped: [7, 2_000_001]);

        Assert.AreEqual(100_000, few.Sum(epoch => epoch.Attempts.Count));
        Assert.IsTrue(few.All(epoch => epoch.Attempts.Count == 1000));
        int kept = many.Sum(epoch => epoch.Attempts.Count);
        Assert.IsLessThanOrEqualTo(100_000 + 300 + 2, kept);
        Assert.IsGreaterThanOrEqualTo(50_000, kept, "no fewer than half of the bound");
        CollectionAssert.AreEqual(
            new long[] { 7, 2_000_001 },
            many.SelectMany(epoch => epoch.Attempts).Where(attempt => attempt.Skipped).Select(attempt => attempt.Attempt).ToArray());
    }

    /// <summary>The log goes on in another one after every attempt, with lists of its own: as between two processes.</summary>
    [TestMethod]
    [DataRow(250, new int[0])]
    [DataRow(300, new[] { 50, 100, 101 })]
    [DataRow(170, new[] { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 100, 160 })]
    public void Resume_AfterEveryAttempt_KeepsWhatOneLogKeeps(int attempts, int[] skipped)
    {
        float Scale(int attempt) => attempt is > 50 and < 150 ? 2 : 4;
        var history = new List<TrainingMetrics>();
        var log = new AttemptLog(history, most: 10);
        for (int attempt = 1; attempt <= attempts; attempt++)
        {
            log.Add(
                new StepMetrics { Attempt = attempt, LossScale = Scale(attempt), NonFinite = skipped.Contains(attempt) ? "loss" : null });
            AttemptLogState state = log.Capture();
            history = [.. history.Select(epoch => EpochState.Of(epoch).ToMetrics())];
            log = new AttemptLog(history, most: 10);
            log.Resume(state with { Last = [Copy(state.Last[0])] });
            if (attempt % 100 == 0 || attempt == attempts)
            {
                history.Add(new TrainingMetrics { Attempts = log.EndEpoch() });
            }
        }

        Assert.AreEqual(Text(Run(attempts, perEpoch: 100, most: 10, skipped, Scale)), Text(history));

        static StepMetrics Copy(StepMetrics of) => new() { Attempt = of.Attempt, LossScale = of.LossScale, NonFinite = of.NonFinite };
    }

    private static List<TrainingMetrics> Run(
        int attempts,
        int perEpoch,
        int most = AttemptLog.MostOfAKind,
        int[]? skipped = null,
        Func<int, float>? scale = null)
    {
        var history = new List<TrainingMetrics>();
        var log = new AttemptLog(history, most);
        for (int first = 1; first <= attempts; first += perEpoch)
        {
            AddEpoch(log, history, first, Math.Min(attempts, first + perEpoch - 1), skipped, scale);
        }

        return history;
    }

    private static void AddEpoch(
        AttemptLog log,
        List<TrainingMetrics> history,
        int first,
        int last,
        int[]? skipped = null,
        Func<int, float>? scale = null)
    {
        HashSet<int> bad = [.. skipped ?? []];
        for (int attempt = first; attempt <= last; attempt++)
        {
            log.Add(
                new StepMetrics
                {
                    Attempt = attempt,
                    LossScale = scale?.Invoke(attempt) ?? 1,
                    NonFinite = bad.Contains(attempt) ? "loss" : null,
                });
        }

        history.Add(new TrainingMetrics { Attempts = log.EndEpoch() });
    }

    private static string Text(List<TrainingMetrics> history)
        => string.Join(' ', history.SelectMany(epoch => epoch.Attempts).Select(attempt => attempt.Attempt));
}
