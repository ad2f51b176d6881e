using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>Results of real fits, each made once.</summary>
internal static class SomeRuns
{
    private static readonly Lazy<TrainingResult> Skipping = new(() => Fit(options =>
    {
        options.Precision = PrecisionPolicy.MixedFloat16;
        options.LossScaling = LossScaling.Dynamic(initialScale: 1 << 24, growthInterval: 8);
        options.ValidationFraction = 0.2f;
    }));

    /// <summary>FP16 whose loss scale starts too high and grows often, with validation rows.</summary>
    public static TrainingResult Float16WithSkips => Skipping.Value;

    /// <summary>A fit of 200 rows on the CPU.</summary>
    public static TrainingResult Fit(Action<MlpMulticlassTrainer.Options>? change = null)
    {
        var ml = new MLContext(seed: 1);
        MlpMulticlassTrainer.Options options = Blob.Options(o => o.Device = ComputeDevice.Cpu);
        change?.Invoke(options);
        return Blob.Pipeline(ml, options).Fit(ml.Data.LoadFromEnumerable(Blob.Rows(200))).GetTraining()!;
    }
}
