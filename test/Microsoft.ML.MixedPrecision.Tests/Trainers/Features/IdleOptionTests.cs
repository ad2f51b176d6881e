using System.Collections.Concurrent;
using System.Reflection;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>A fit says that an option changes nothing exactly where no bit of the weights depends on it.</summary>
[TestClass]
public sealed class IdleOptionTests
{
    private static readonly ConcurrentDictionary<(TrainerCase Task, string Circumstance), Lazy<OptionRun>> Plain = [];

    /// <summary>Options that may make others idle.</summary>
    private static readonly (string Name, Action<dynamic> Set)[] Circumstances =
    [
        ("defaults", _ => { }),
        ("SGD", o => o.Optimizer = OptimizerKind.Sgd),
        ("SGD with momentum", o => (o.Optimizer, o.Momentum) = (OptimizerKind.Sgd, 0.9f)),
        ("linear", o => o.Schedule = LearningRateSchedule.Linear),
        ("cosine", o => o.Schedule = LearningRateSchedule.Cosine),
        ("one cycle", o => o.Schedule = LearningRateSchedule.OneCycle),
        ("no hidden layer", o => o.HiddenLayers = Array.Empty<int>()),
        ("Float16", o => o.Precision = PrecisionPolicy.MixedFloat16),
    ];

    private static readonly (string Name, Action<dynamic> Set)[] Losses =
    [
        ("squared error", _ => { }),
        ("Huber", o => o.Loss = RegressionLoss.Huber),
        ("Huber, labels as they are", o => (o.Loss, o.StandardizeLabel) = (RegressionLoss.Huber, false)),
    ];

    public static IEnumerable<object[]> Pairs =>
    [
        .. from row in OptionRow.Table where row.Effect is null && Has(TrainerCase.Binary, row.Name)
           from circumstance in Circumstances select (object[])[TrainerCase.Binary, row.Name, circumstance.Name],
        .. from row in OptionRow.Table where row.Effect is null
            && Has(TrainerCase.Regression, row.Name)
            && !Has(TrainerCase.Binary, row.Name)
           from circumstance in Losses select (object[])[TrainerCase.Regression, row.Name, circumstance.Name],
    ];

    [TestMethod]
    [DynamicData(nameof(Pairs))]
    internal void Fit_WithAnOption_SaysThatItChangesNothing_ExactlyWhereNoBitChanges(TrainerCase task, string option, string circumstance)
    {
        Action<dynamic> set = Circumstances.Concat(Losses).Single(each => each.Name == circumstance).Set;
        Action<dynamic> change = OptionRow.Table.Single(row => row.Name == option).Change;
        PropertyInfo property = task.Options().GetType().GetProperty(option)!;
        MlpTrainerOptions before = task.Options(set), after = task.Options(o => { set(o); change(o); });
        if (Equals(property.GetValue(before), property.GetValue(after)))
        {
            return;
        }

        OptionRun plain = Plain.GetOrAdd((task, circumstance), _ => new(() => Run(task, set))).Value;
        OptionRun changed = Run(task, o => { set(o); change(o); });

        string[] said = [.. changed.Training.Warnings.Where(warning => warning.StartsWith($"{option} is ", StringComparison.Ordinal))];
        bool isIdle = changed.HasBitsOf(plain);
        Assert.HasCount(
            isIdle ? 1 : 0,
            said,
            isIdle ? $"{option} changes no bit, and nothing is said" : $"{option} changes bits, but is said to be idle");
        if (isIdle)
        {
            StringAssert.Contains(said[0], "changes nothing");
            Assert.HasCount(1, changed.Log.Where(line => line.Contains(said[0], StringComparison.Ordinal)));
        }
    }

    [TestMethod]
    [DataRow(nameof(MlpTrainerOptions.Momentum), "Momentum is 0.9, but Optimizer is AdamW, whose momentum is Beta1, so that it changes "
        + "nothing. Set Optimizer to Sgd, or change Beta1.")]
    [DataRow(nameof(MlpTrainerOptions.FinalLearningRateFraction), "FinalLearningRateFraction is 0.5, but Schedule is Constant, so that "
        + "it changes nothing. Set Schedule to Linear, Cosine or FlatCos, or leave FinalLearningRateFraction at 0.")]
    public void Fit_WithAnIdleOption_SaysValueCauseAndRemedy(string option, string expected)
        => Assert.AreEqual(
            expected,
            Run(TrainerCase.Binary, OptionRow.Table.Single(row => row.Name == option).Change).Training.Warnings.Single());

    /// <summary>Option, what makes it idle, and its change; each changes no bit, and that is said once.</summary>
    public static IEnumerable<object[]> Idle =>
    [
        Row("LossScaling", _ => { }, o => o.LossScaling = LossScaling.Static(8)),
        Row("LossScaling", o => o.Precision = PrecisionPolicy.MixedBFloat16, o => o.LossScaling = LossScaling.Dynamic(growthInterval: 1)),
        Row("RetryPasses", _ => { }, o => o.RetryPasses = 3),
        Row("RetryPasses", o => (o.Precision, o.LossScaling) = (PrecisionPolicy.MixedFloat16, LossScaling.PyTorch), o => o.RetryPasses = 3),
        Row("WarmupFraction", _ => { }, o => o.WarmupFraction = 0.01f),
        Row("WarmupFraction", _ => { }, o => o.WarmupFraction = 0.15f),
        Row("WarmupFraction", o => o.Schedule = LearningRateSchedule.Cosine, o => o.WarmupFraction = 0.01f),
    ];

    [TestMethod]
    [DynamicData(nameof(Idle))]
    public void Fit_WithAnOptionThatNothingUses_SaysSoOnce(string option, Action<dynamic> before, Action<dynamic> change)
    {
        OptionRun plain = Run(TrainerCase.Binary, before);
        OptionRun changed = Run(TrainerCase.Binary, o => { before(o); change(o); });

        Assert.IsTrue(changed.HasBitsOf(plain));
        StringAssert.StartsWith(changed.Training.Warnings.Single(), $"{option} is ");
        StringAssert.Contains(changed.Training.Warnings.Single(), "changes nothing");
        Assert.IsEmpty(plain.Training.Warnings);
    }

    [TestMethod]
    [DataRow("WarmupFraction", 0.25f)]
    [DataRow("RetryPasses", 0f)]
    public void Fit_WithAnOptionThatIsUsedOrAsksForNothing_SaysNothing(string option, float value)
    {
        OptionRun run = Run(TrainerCase.Binary, o =>
        {
            o.WarmupFraction = option == "WarmupFraction" ? value : 0;
            o.RetryPasses = option == "RetryPasses" ? (int)value : 16;
        });

        Assert.IsEmpty(run.Training.Warnings);
    }

    /// <summary>One step of warm-up has the full rate as without it, but the way down begins behind it.</summary>
    [TestMethod]
    public void Fit_WithOneStepOfWarmupBeforeAWayDown_ChangesBitsAndSaysNothing()
    {
        OptionRun plain = Run(TrainerCase.Binary, o => o.Schedule = LearningRateSchedule.Linear);
        OptionRun changed = Run(TrainerCase.Binary, o => (o.Schedule, o.WarmupFraction) = (LearningRateSchedule.Linear, 0.15f));

        Assert.IsFalse(changed.HasBitsOf(plain));
        Assert.IsEmpty(changed.Training.Warnings);
    }

    private static bool Has(TrainerCase task, string option) => task.Options().GetType().GetProperty(option) is not null;

    private static object[] Row(string option, Action<dynamic> before, Action<dynamic> change) => [option, before, change];

    private static OptionRun Run(TrainerCase task, Action<dynamic> change)
    {
        var ml = new MLContext(seed: 1);
        var lines = new ConcurrentQueue<string>();
        ml.Log += (_, e) => lines.Enqueue(e.Message);
        MlpTrainerOptions options = task.Options();
        (options.Epochs, options.Device) = (2, ComputeDevice.Cpu);
        change(options);
        return new OptionRun(task.Fit(ml, options, task.Prepared(ml, Sample.Rows(100))), null, [.. lines]);
    }
}
