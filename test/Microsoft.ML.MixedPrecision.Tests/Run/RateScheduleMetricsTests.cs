using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

/// <summary>What training reports of a schedule.</summary>
[TestClass]
public sealed class RateScheduleMetricsTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    [DataRow(LearningRateSchedule.Linear, 0)]
    [DataRow(LearningRateSchedule.Cosine, 0)]
    [DataRow(LearningRateSchedule.Cosine, 16)]
    [DataRow(LearningRateSchedule.OneCycle, 16)]
    public void LearningRate_OfMetrics_FollowsTheScheduleOfCommittedSteps(LearningRateSchedule kind, int passes)
    {
        IDataView rows = TrainerCase.Binary.Prepared(Ml, Sample.Rows(100));

        // A scale of 2²⁴ overflows at first: these steps are skipped and must not move the schedule on.
        TrainingResult training = TrainerCase.TrainingOf(TrainerCase.Binary.Fit(Ml, rows, options =>
        {
            (options.Schedule, options.WarmupFraction, options.Epochs, options.LearningRate) = (kind, 0.25f, 5, 0.01f);
            (options.Precision, options.LossScaling) = (PrecisionPolicy.MixedFloat16, LossScaling.Dynamic(initialScale: 1 << 24));
            options.RetryPasses = passes;
        }));
        var schedule = RateSchedule.Create(kind, 20, 0.25f, 0);
        StepMetrics[] attempts = [.. training.History.SelectMany(epoch => epoch.Attempts)];

        Assert.IsGreaterThan(1, training.Skipped);
        Assert.HasCount(passes == 0 ? 20 : (int)training.Skipped + 20, attempts, "steps that run again are committed in the end");
        foreach (StepMetrics attempt in attempts)
        {
            long next = attempt.Skipped ? attempt.Step + 1 : attempt.Step;
            Assert.AreEqual(0.01f * schedule.FactorOf(next), attempt.LearningRate, $"attempt {attempt.Attempt}, step {attempt.Step}");
        }

        foreach (TrainingMetrics epoch in training.History)
        {
            Assert.AreEqual(epoch.Attempts[^1].LearningRate, epoch.LearningRate);
        }
    }
}
