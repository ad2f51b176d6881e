using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tests.Precision.Golden;

namespace Microsoft.ML.MixedPrecision.Tests.Precision;

/// <summary>The loss scale's update against the peers' own, step by step and bit for bit.</summary>
[TestClass]
public sealed class LossScaleStateTests
{
    public static IEnumerable<object[]> Trajectories()
        => from peer in (string[])["pytorch", "keras", "apex", "deepspeed", "dynamic"]
           from trajectory in GoldenTrajectory.Load(peer)
           select new object[] { peer, trajectory };

    [TestMethod]
    [DynamicData(nameof(Trajectories))]
    public void Update_RecordedFlags_GivesThePeersScalesBitForBit(string peer, GoldenTrajectory golden)
    {
        LossScaleRule rule = Rule(peer, golden);
        var state = LossScaleState.Initial(rule);
        bool[] flags = golden.ExpandFlags();
        float[] scales = golden.ExpandScales();
        int[] counters = golden.ExpandCounters();

        Assert.AreEqual(flags.Length, scales.Length);
        Assert.AreEqual(flags.Length, counters.Length);
        for (int step = 0; step < flags.Length; step++)
        {
            state.Update(rule, flags[step]);

            Assert.AreEqual(Bits(scales[step]), Bits(state.Scale), $"step {step}: {scales[step]:R} expected, {state.Scale:R} found");
            int counter = peer == "deepspeed" ? state.HysteresisLeft : state.GrowthTracker;
            Assert.AreEqual(counters[step], counter, $"counter after step {step}");
            Assert.AreEqual(step == golden.FailsAt ? 1 : 0, state.FloorError, $"floor error after step {step}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Trajectories))]
    public void Update_RecordedFlags_CountsWhatHappened(string peer, GoldenTrajectory golden)
    {
        LossScaleRule rule = Rule(peer, golden);
        var state = LossScaleState.Initial(rule);
        bool[] flags = golden.ExpandFlags();
        foreach (bool flag in flags)
        {
            state.Update(rule, flag);
        }

        float[] scales = golden.ExpandScales();
        int[] changes = [.. scales.Zip([golden.Initial, .. scales], (after, before) => after.CompareTo(before))];
        Assert.AreEqual(changes.Count(change => change > 0), state.Growths);
        Assert.AreEqual(changes.Count(change => change < 0), state.Backoffs);
        Assert.AreEqual(flags.Length, state.Iteration);
        Assert.AreEqual(Array.LastIndexOf(flags, true), state.LastOverflow);
        Assert.AreEqual(golden.FailsAt is not null || scales[^1] == 0 || float.IsInfinity(scales[^1]), state.HasFailed);
    }

    [TestMethod]
    public void Update_OverflowsAtTheFloor_AreCountedUntilAGoodStep()
    {
        LossScaleRule rule = LossScaling.Dynamic(initialScale: 4, hysteresis: 2).Resolve(PrecisionPolicy.MixedFloat16);
        var state = LossScaleState.Initial(rule);
        var counts = new List<int>();
        foreach (bool nonFinite in (bool[])[true, true, true, true, true, true, false, true, false])
        {
            state.Update(rule, nonFinite);
            counts.Add(state.ConsecutiveSkipsAtFloor);
        }

        // 4, then 2 and 1 from the second overflow on; the floor itself is met by the fourth.
        CollectionAssert.AreEqual((int[])[0, 0, 0, 1, 2, 3, 0, 1, 0], counts);
        Assert.AreEqual(1f, state.Scale);
        Assert.IsFalse(state.HasFailed);
    }

    [TestMethod]
    [DataRow("static(3)", 3f)]
    [DataRow("measured", 1f)]
    public void Update_FixedScale_Stays(string scaling, float expected)
    {
        LossScaleRule rule = LossScaling.Parse(scaling).Resolve(PrecisionPolicy.MixedFloat16);
        var state = LossScaleState.Initial(rule);
        for (int step = 0; step < 5000; step++)
        {
            state.Update(rule, nonFinite: step % 2500 < 2);
        }

        state.Update(rule, nonFinite: true);
        state.Update(rule, nonFinite: true);

        Assert.AreEqual(expected, state.Scale);
        Assert.AreEqual(0, state.Growths + state.Backoffs);
        Assert.AreEqual(5002L, state.Iteration);
        Assert.AreEqual(2, state.ConsecutiveSkipsAtFloor);
    }

    [TestMethod]
    public void Update_OnceWarm_AllocatesNothing()
    {
        LossScaleRule rule = LossScaling.DeepSpeed.Resolve(PrecisionPolicy.MixedFloat16);
        var state = LossScaleState.Initial(rule);
        state.Update(rule, nonFinite: true);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = 0; step < 3000; step++)
        {
            state.Update(rule, nonFinite: step % 100 == 0);
        }

        Assert.AreEqual(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [TestMethod]
    public void Structs_ForDeviceMemory_AreBlittable()
    {
        Assert.AreEqual(Unsafe.SizeOf<LossScaleState>(), Marshal.SizeOf<LossScaleState>());
        Assert.AreEqual(Unsafe.SizeOf<LossScaleRule>(), Marshal.SizeOf<LossScaleRule>());
        Assert.IsFalse(RuntimeHelpers.IsReferenceOrContainsReferences<LossScaleState>());
        Assert.IsFalse(RuntimeHelpers.IsReferenceOrContainsReferences<LossScaleRule>());
    }

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    /// <summary>The preset with what the recording varied.</summary>
    private static LossScaleRule Rule(string peer, GoldenTrajectory golden)
    {
        LossScaleRule rule = LossScaling.Parse(peer).Resolve(PrecisionPolicy.MixedFloat16);
        return rule with
        {
            InitialScale = golden.Initial,
            GrowthInterval = golden.Interval,
            GrowthFactor = golden.Growth ?? rule.GrowthFactor,
            BackoffFactor = golden.Backoff ?? rule.BackoffFactor,
            Hysteresis = golden.Hysteresis ?? rule.Hysteresis,
            MinScale = golden.Minimum ?? rule.MinScale,
            MaxScale = golden.Maximum ?? rule.MaxScale,
        };
    }
}
