using System.Reflection;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Reports;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Checkpoints;

/// <summary>Texts and tensors of a checkpoint say every bit of it. Each field has a value of its own, so that a forgotten or swapped one
/// differs.</summary>
[TestClass]
public sealed class CheckpointContentsTests
{
    private static readonly double[] Specials =
    [
        -0.0, double.Epsilon, double.MaxValue, double.PositiveInfinity, double.NegativeInfinity, 0.1 + 0.2,
        BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0000),
        BitConverter.UInt64BitsToDouble(0xFFF8_0000_0000_0001),
        BitConverter.UInt64BitsToDouble(0x7FF0_0000_DEAD_BEEF),
    ];

    private static readonly float[] SingleSpecials =
    [
        -0f, float.Epsilon, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, 0.1f,
        BitConverter.UInt32BitsToSingle(0x7FC0_0000), BitConverter.UInt32BitsToSingle(0xFFC0_0001),
    ];

    private long _next = 1;

    [TestMethod]
    public void FromContents_OfToContents_HasEveryField()
    {
        RunCheckpoint checkpoint = Some();
        RunCheckpoint back = RunCheckpoint.FromContents(checkpoint.ToContents());

        StateAssert.AreEqual(checkpoint.State, back.State, "the state");
        StateAssert.AreEqual(checkpoint.Best, back.Best, "the best weights");
        OutcomeAssert.AreEqual(checkpoint.Snapshot, back.Snapshot, "the snapshot");
        CollectionAssert.AreEqual(checkpoint.Snapshot.Advisor.Skips.ToArray(), back.Snapshot.Advisor.Skips.ToArray(), "in their order");
        Assert.AreEqual(checkpoint.Attempts, back.Attempts);
        Assert.IsTrue(back.IsFinished);
    }

    [TestMethod]
    public void FromContents_EverySpecialNumber_KeepsItsBits()
    {
        RunCheckpoint some = Some();
        foreach (double special in Specials)
        {
            RunCheckpoint back = RunCheckpoint.FromContents(
                (some with { Snapshot = some.Snapshot with { Best = new BestState(3, special, true) } }).ToContents());
            Assert.AreEqual(BitConverter.DoubleToUInt64Bits(special), BitConverter.DoubleToUInt64Bits(back.Snapshot.Best!.Criterion));
        }

        foreach (float special in SingleSpecials)
        {
            var phase = new PhaseState(new PhaseBlock { Scale = new LossScaleState { Scale = special } }, LossScaleRule.None);
            RunCheckpoint back = RunCheckpoint.FromContents((some with { State = some.State with { Phases = [phase] } }).ToContents());
            Assert.AreEqual(
                BitConverter.SingleToUInt32Bits(special),
                BitConverter.SingleToUInt32Bits(back.State.Phases[0].Block.Scale.Scale));
        }
    }

    [TestMethod]
    public void ToMetrics_OfAnEpochsState_HasEveryProperty()
    {
        TrainingMetrics epoch = Epoch().ToMetrics();
        object?[] values = [.. typeof(TrainingMetrics).GetProperties().Select(property => property.GetValue(epoch))];
        CollectionAssert.AllItemsAreUnique(values);
        OutcomeAssert.AreEqual(epoch, EpochState.Of(epoch).ToMetrics(), "and back");
    }

    [TestMethod]
    public void FromContents_Malformed_SaysWhat()
    {
        CheckpointContents good = Some().ToContents();
        CheckpointContents Text(string name, string? text) => good with
        {
            Texts = good.Texts.Where(pair => pair.Key != name || text is not null).ToDictionary(
                pair => pair.Key,
                pair => pair.Key == name ? text! : pair.Value),
        };
        CheckpointTensor first = good.Tensors[0];
        Refused(Text("run", null), "has no text 'run'");
        Refused(Text("plan", "{"), "text 'plan' is malformed");
        Refused(Text("plan", "null"), "text 'plan' says nothing");
        Refused(
            Text("run", good.Texts["run"].Replace("StepsOfPass", "StepsOfPasses", StringComparison.Ordinal)),
            "text 'run' is malformed");
        Refused(good with { Tensors = [first with { DType = "F16" }] }, "not an F32 matrix");
        Refused(good with { Tensors = [first with { Shape = [2] }] }, "not an F32 matrix");
        Refused(good with { Tensors = [first with { Bytes = new byte[4] }] }, "not an F32 matrix");

        static void Refused(CheckpointContents contents, string why)
            => StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => RunCheckpoint.FromContents(contents)).Message, why);
    }

    private RunCheckpoint Some() => new()
    {
        State = new TrainingState
        {
            Run = Struct<RunBlock>(),
            Phases = [new PhaseState(Struct<PhaseBlock>(), new LossScaleRule(LossScaleKind.DeepSpeed, 2, 3, 0.25f, 5, 6, 7, 8))],
            Tensors = [new StateTensor("weight/a", 2, 3, [1, float.NaN, 3, -0f, 5, 6]), new StateTensor("state/b", 1, 1, [7])],
            Ranges = new Dictionary<string, RangeTotals> { ["x.gradient"] = Struct<RangeTotals>() },
            Products = new Dictionary<string, byte[]> { ["card 1 × 2"] = [1, 2, 255] },
        },
        Snapshot = new RunSnapshot
        {
            Passes = new EpochPassesState(
                1,
                [4, 2],
                [new SkippedStep(2, "loss")],
                [new SkippedStep(3, "logits")],
                [new SkippedStep(5, "a.weight")],
                6,
                7.5f,
                true,
                float.PositiveInfinity,
                9),
            StepsOfPass = 2,
            History = new HistoryState(
                [Epoch(), Epoch()],
                new AttemptLogState([Attempt()], [Attempt()], 4, 5, 6, 7),
                new EpochTotalsState([Attempt()], 8, 9, 10, 11, double.NaN, 12),
                13,
                14),
            Advisor = new AdvisorState
            {
                Warnings = [new RunWarning { Kind = RunWarningKind.LostGradient, Message = "one \"'ü", Epoch = 6, Attempt = 7 }],
                Skips = new Dictionary<string, long> { ["z"] = 1, ["a"] = 2 },
                Repeated = new RepeatedSkipsState([9, 3], 0.1, 2),
                Given = "advice",
                RetriesEnded = 3,
                Lost = 4,
                EpochsWithLost = 5,
                SaidStuck = true,
                SaidRepeated = false,
                SaidValidation = true,
            },
            Gradient = new LostGradientState(true, false),
            Best = new BestState(null, double.PositiveInfinity, false),
            SecondsOfEpoch = 1.5,
            Seconds = 2.5,
            End = new RunEnd("done", true),
        },
        Best = [new StateTensor("a", 1, 2, [8, 9])],
    };

    private EpochState Epoch() => new()
    {
        Epoch = (int)_next++,
        Epochs = (int)_next++,
        Rows = _next++,
        Step = _next++,
        Loss = _next++ + 0.1,
        ValidationLoss = _next++ + 0.1,
        ValidationAccuracy = _next++ + 0.1,
        ValidationAuc = _next++ + 0.1,
        ValidationRmse = _next++ + 0.1,
        RowsPerSecond = _next++ + 0.1,
        LossScale = _next++ + 0.5f,
        GradientNorm = _next++ + 0.1,
        AttemptCount = (int)_next++,
        Skipped = (int)_next++,
        Lost = (int)_next++,
        LearningRate = _next++ + 0.5f,
        Attempts = [Attempt(), Attempt()],
    };

    private StepMetrics Attempt() => new()
    {
        Attempt = _next++,
        Step = _next++,
        Epoch = (int)_next++,
        EpochStep = (int)_next++,
        RetryPass = (int)_next++,
        Rows = (int)_next++,
        Positions = (int)_next++,
        Loss = _next++ + 0.5f,
        GradientNorm = _next++ + 0.1,
        LossScale = _next++ + 0.5f,
        NextLossScale = _next++ + 0.5f,
        LearningRate = _next++ + 0.5f,
        ClipCoefficient = _next++ + 0.5f,
        NonFinite = _next++ % 2 == 0 ? null : "place " + _next,
    };

    /// <summary>A structure whose every field has a value of its own.</summary>
    private T Struct<T>()
        where T : struct
        => (T)Filled(typeof(T));

    private object Filled(Type type)
    {
        if (type.IsPrimitive)
        {
            return Convert.ChangeType(_next++, type, System.Globalization.CultureInfo.InvariantCulture);
        }

        object value = Activator.CreateInstance(type)!;
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
        {
            field.SetValue(value, Filled(field.FieldType));
        }

        return value;
    }
}
