using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Advice;

/// <summary>What a person is told of a run, and when. The states are set by hand, to each side of what a warning begins at.</summary>
[TestClass]
public sealed class TrainingAdvisorTests
{
    [TestMethod]
    [DataRow(0f, 0, "The loss scale reached 0 after 7 steps")]
    [DataRow(float.PositiveInfinity, 0, "The loss scale reached Infinity after 7 steps")]
    [DataRow(1f, 1, "The loss scale reached 1 after 7 steps")]
    public void AfterStep_ScaleThatCannotGoOn_EndsTheRun(float scale, int floorError, string expected)
    {
        using Setup setup = new();
        setup.Plan.Run.Attempts = 7;
        setup.Plan.Scale.Scale = scale;
        setup.Plan.Scale.FloorError = floorError;

        string message = Assert.ThrowsExactly<InvalidOperationException>(setup.Advisor.AfterStep).Message;

        StringAssert.StartsWith(message, expected);
        Assert.IsEmpty(setup.Lines);
    }

    [TestMethod]
    public void AfterStep_TenSkipsAtTheSmallestScale_WarnsOnce()
    {
        using Setup setup = new();
        setup.Plan.Scale.Scale = 0.25f;
        setup.Plan.State.FirstNonFinite = NonFinite.Loss;
        setup.Plan.Scale.ConsecutiveSkipsAtFloor = 9;
        setup.Advisor.AfterStep();
        Assert.IsEmpty(setup.Lines);

        setup.Plan.Scale.ConsecutiveSkipsAtFloor = 10;
        setup.Advisor.AfterStep();
        setup.Advisor.AfterStep();

        StringAssert.StartsWith(setup.Lines.Single(), "10 steps in a row were skipped at the smallest loss scale (0.25), since the "
            + "loss was not finite: nothing is learned.");
        CollectionAssert.AreEqual(setup.Lines, setup.Advisor.Warnings.Select(warning => warning.Message).ToArray());
    }

    /// <summary>70,000 is beyond Float16, whose largest value is 65,504, but not beyond the formats without a 16-bit copy.</summary>
    [TestMethod]
    [DataRow("mixed_float16", 70_000f, true)]
    [DataRow("mixed_float16", 65_504f, false)]
    [DataRow("float32", 70_000f, false)]
    [DataRow("float32", float.NegativeInfinity, true)]
    [DataRow("float32", float.NaN, true)]
    public void AfterStep_StuckByAWeightBeyondItsFormat_NamesIt(string policy, float value, bool named)
    {
        using Setup setup = new(policy, network => network.OutputLayer.Weight.Values[^1] = value);
        string name = setup.Network.OutputLayer.Weight.Name;
        setup.Plan.Scale.ConsecutiveSkipsAtFloor = 10;

        setup.Advisor.AfterStep();

        Assert.AreEqual(named ? name : null, setup.Plan.FirstOverflownWeight);
        Assert.AreEqual(
            named,
            setup.Lines.Single().Contains($"'{name}' holds weights beyond the range of its format", StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow(0, 0, false, null)]
    [DataRow(0, 3, true, "All 3 steps were skipped")]
    [DataRow(5, 3, false, null)]
    [DataRow(5, 3, true, "Every step of the last epoch was skipped")]
    public void AtEnd_SkippedSteps_SaysWhatTheyMeanForTheModel(int steps, int skips, bool lastEpochSkippedAll, string? expected)
    {
        using Setup setup = new();
        setup.Plan.State.Step = steps;
        setup.Plan.State.Skips = skips;

        setup.Advisor.AtEnd(lastEpochSkippedAll);

        Assert.HasCount(expected is null ? 0 : 1, setup.Lines);
        StringAssert.StartsWith(setup.Lines.FirstOrDefault() ?? "", expected ?? "");
    }

    [TestMethod]
    public void AtEnd_WeightsWithoutMasters_SaysWhichShareOfUpdatesGotLost()
    {
        using Setup setup = new();
        setup.Plan.State.Step = 1;
        setup.Plan.State.Updates = 200;
        setup.Plan.State.LostUpdates = 25;

        setup.Advisor.AtEnd(lastEpochSkippedAll: false);

        // 25 ÷ 200 = 12.5 %
        StringAssert.Contains(setup.Lines.Single(), ": 12.5 % of all weight updates");
    }

    [TestMethod]
    [DataRow("mixed_bfloat16", true, true)]
    [DataRow("mixed_bfloat16", false, false)]
    [DataRow("mixed_float16", true, false)]
    public void AtStart_LossScaling_IsSaidToBeUnusedWhereItIsAskedForInVain(string policy, bool asked, bool said)
    {
        using Setup setup = new(policy, scaling: asked ? LossScaling.Static(8) : null);

        setup.Advisor.AtStart(setup.Network, default);

        Assert.HasCount(said ? 1 : 0, setup.Lines);
    }

    private sealed class Setup : IDisposable
    {
        private readonly CpuDevice _device = new(1);
        private readonly RowStore _rows;

        public Setup(
            string policy = "mixed_float16",
            Action<Network>? change = null,
            LossScaling? scaling = null,
            Func<CpuDevice, RowStore>? rows = null)
        {
            Options = new TrainingOptions { Precision = PrecisionPolicy.Parse(policy) };
            Options = scaling is null ? Options : Options with { LossScaling = scaling };
            LossScaleRule rule = Options.LossScaling.Resolve(Options.Precision);
            Network = Examples.Network(3, [5], 2);
            change?.Invoke(Network);
            Plan = new TrainingPlan(Network, new PlanSettings(Options.Precision, rule, Examples.AdamW, 4), _device);
            _rows = rows?.Invoke(_device) ?? Examples.Clusters(_device, NumericFormat.Float32, 8, 3, 2);
            Advisor = new TrainingAdvisor(Plan, rule, Options, _rows, warning => Lines.Add(warning.Message));
        }

        public TrainingOptions Options { get; }

        public Network Network { get; }

        public TrainingPlan Plan { get; }

        public TrainingAdvisor Advisor { get; }

        public List<string> Lines { get; } = [];

        public void Dispose()
        {
            Plan.Dispose();
            _rows.Dispose();
            _device.Dispose();
        }
    }
}
