using System.Text.Json;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>Schedules beside PyTorch's (Golden/record_schedules.py) and the documented formulas.</summary>
[TestClass]
public sealed class RateScheduleTests
{
    public static IEnumerable<object[]> Recorded
        => JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Plan", "Golden", "schedules.json")))
            .RootElement.GetProperty("cases")
            .EnumerateArray()
            .Select(entry => (object[])[
                Enum.Parse<LearningRateSchedule>(entry.GetProperty("kind").GetString()!),
                entry.GetProperty("warmup").GetSingle(),
                entry.GetProperty("final").GetSingle(),
                entry.GetProperty("factors").EnumerateArray().Select(factor => factor.GetDouble()).ToArray()]);

    /// <summary>A run of one step has the full rate, not the last one of a cycle.</summary>
    [TestMethod]
    [DataRow(0f)]
    [DataRow(0.3f)]
    public void OneCycle_OfOneStep_HasTheFullRate(float warmup)
        => Assert.AreEqual(1f, RateSchedule.Create(LearningRateSchedule.OneCycle, 1, warmup, 0).FactorOf(1));

    /// <summary>PyTorch ends with a division by zero where the share, in decimal, times T is 1; as floats some of these products are a
    /// little more, which would begin at 1/25.</summary>
    [TestMethod]
    [DataRow(0.5f, 2)]
    [DataRow(0.2f, 5)]
    [DataRow(0.1f, 10)]
    [DataRow(0.01f, 100)]
    [DataRow(0.001f, 1000)]
    public void OneCycle_WithItsTopInTheFirstStep_FallsFromTheFullRate(float warmup, int steps)
    {
        var schedule = RateSchedule.Create(LearningRateSchedule.OneCycle, steps, warmup, 0);

        Assert.AreEqual(1f, schedule.FactorOf(1));
        double end = 1 / 25.0 / 1e4;
        for (int t = 2; t <= steps; t++)
        {
            double expected = end + ((1 - end) * (1 + Math.Cos(Math.PI * (t - 1) / (steps - 1))) / 2);
            Assert.AreEqual(expected, schedule.FactorOf(t), 1e-6 * expected, $"step {t}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Recorded))]
    public void FactorOf_EveryStep_IsPyTorchs(LearningRateSchedule kind, float warmup, float final, double[] factors)
    {
        var schedule = RateSchedule.Create(kind, factors.Length, warmup, final);

        for (int t = 1; t <= factors.Length; t++)
        {
            Assert.AreEqual(factors[t - 1], schedule.FactorOf(t), 1e-6 * Math.Max(factors[t - 1], 1e-6), $"step {t} of {factors.Length}");
        }
    }

    [TestMethod]
    [DataRow(LearningRateSchedule.Constant, 0f)]
    [DataRow(LearningRateSchedule.Linear, 0.2f)]
    [DataRow(LearningRateSchedule.Cosine, 0.2f)]
    public void FactorOf_WithWarmup_IsTheDocumentedFormula(LearningRateSchedule kind, float final)
    {
        const int Steps = 40, Warmup = 10;
        var schedule = RateSchedule.Create(kind, Steps, 0.25f, final);

        for (int t = 1; t <= Steps; t++)
        {
            double p = (t - 1.0 - Warmup) / (Steps - Warmup), f = final;
            double expected = t <= Warmup ? t / (double)Warmup
                : kind == LearningRateSchedule.Linear ? 1 - ((1 - f) * p)
                : kind == LearningRateSchedule.Cosine ? f + ((1 - f) * (1 + Math.Cos(p * Math.PI)) / 2)
                : 1;
            Assert.AreEqual(expected, schedule.FactorOf(t), 1e-7, $"step {t}");
        }
    }

    /// <summary>RealMLP's schedules as their authors define them: ½(1 − cos(2π·log₂(1 + 15p))), and 1 up to the half, then
    /// ½(1 + cos π(2p − 1)), here down to f.</summary>
    [TestMethod]
    [DataRow(0f, 0f)]
    [DataRow(0.25f, 0.2f)]
    public void FactorOf_RealMlpsSchedules_IsTheirFormula(float warmup, float final)
    {
        const int Steps = 60;
        RateSchedule cosLog = RateSchedule.Create(LearningRateSchedule.CosLog, Steps, warmup, final),
            flatCos = RateSchedule.Create(LearningRateSchedule.FlatCos, Steps, warmup, final);
        int rise = (int)(warmup * Steps);

        for (int t = rise + 1; t <= Steps; t++)
        {
            double p = (t - 1.0 - rise) / (Steps - rise);
            double down = (1 + Math.Cos(Math.PI * ((2 * p) - 1))) / 2;
            Assert.AreEqual(0.5 * (1 - Math.Cos(2 * Math.PI * Math.Log(1 + (15 * p), 2))), cosLog.FactorOf(t), 1e-7, $"CosLog, step {t}");
            Assert.AreEqual(p < 0.5 ? 1 : final + ((1 - final) * down), flatCos.FactorOf(t), 1e-7, $"FlatCos, step {t}");
        }

        Assert.AreEqual(0f, cosLog.FactorOf(rise + 1), "it begins in a valley");
    }

    /// <summary>Steps 1, 5, 13 and 29 of 60 are the valleys p = 0, 1/15, 3/15 and 7/15; between them it comes up to the full
    /// rate.</summary>
    [TestMethod]
    public void CosLog_HasValleysThatLieTwiceAsFarApartEachTime()
    {
        var schedule = RateSchedule.Create(LearningRateSchedule.CosLog, 60, 0, 0);

        int[] valleys = [.. Enumerable.Range(1, 60).Where(t => schedule.FactorOf(t) < 1e-6)];

        CollectionAssert.AreEqual(new[] { 1, 5, 13, 29 }, valleys);
        Assert.IsGreaterThan(0.99f, Enumerable.Range(29, 30).Max(t => schedule.FactorOf(t)));
    }

    [TestMethod]
    [DataRow(LearningRateSchedule.Linear, 0.1f, 0.1)]
    [DataRow(LearningRateSchedule.Cosine, 0.1f, 0.1)]
    [DataRow(LearningRateSchedule.OneCycle, 0f, 4e-6)]
    [DataRow(LearningRateSchedule.FlatCos, 0.1f, 0.1)]
    public void FactorOf_StepsBeyondTheLast_StaysAtTheEnd(LearningRateSchedule kind, float final, double end)
    {
        var schedule = RateSchedule.Create(kind, 20, 0, final);

        Assert.AreEqual(end, schedule.FactorOf(1000), 1e-6 * end);
    }

    [TestMethod]
    [DataRow(LearningRateSchedule.Constant)]
    [DataRow(LearningRateSchedule.Linear)]
    [DataRow(LearningRateSchedule.Cosine)]
    [DataRow(LearningRateSchedule.OneCycle)]
    [DataRow(LearningRateSchedule.CosLog)]
    [DataRow(LearningRateSchedule.FlatCos)]
    public void FactorOf_RunsOfAnyLength_IsFiniteAndFromZeroToOne(LearningRateSchedule kind)
    {
        foreach (long steps in (long[])[1, 2, 3, 7, 1L << 40])
        {
            foreach (float warmup in (float[])[0, 0.01f, 0.5f, 0.999f])
            {
                var schedule = RateSchedule.Create(kind, steps, warmup, 0);
                foreach (long t in (long[])[1, 2, steps / 2, steps - 1, steps, steps + 5])
                {
                    Assert.IsTrue(t < 1 || schedule.FactorOf(t) is >= 0 and <= 1, $"{schedule}, step {t}: {schedule.FactorOf(t)}");
                }
            }
        }
    }
}
