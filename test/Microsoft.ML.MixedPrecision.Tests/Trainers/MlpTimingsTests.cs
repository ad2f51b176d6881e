using System.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Where a fit says its time went, told by delays put in known places.</summary>
[TestClass]
public sealed class MlpTimingsTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(600);
    private static readonly IDataView Rows = Prepared();

    [TestMethod]
    public void Timings_DelayInTrainingRows_CountsAsReading()
    {
        TrainingTimings timings = Fit(SlowToRead(Rows), Rows);

        Assert.IsGreaterThanOrEqualTo(Delay, timings.Reading);
        Assert.IsLessThan(Delay, timings.Training);
    }

    [TestMethod]
    public void Timings_DelayInValidationRows_CountsAsReading()
    {
        TrainingTimings timings = Fit(Rows, SlowToRead(Rows));

        Assert.IsGreaterThanOrEqualTo(Delay, timings.Reading);
        Assert.IsLessThan(Delay, timings.Training);
    }

    [TestMethod]
    public void Timings_DelayInCallback_CountsAsTraining()
    {
        var watch = Stopwatch.StartNew();
        TrainingTimings timings = Fit(Rows, Rows, options => options.MetricsCallback = _ => Thread.Sleep(Delay / options.Epochs!.Value));
        TimeSpan whole = watch.Elapsed;

        Assert.IsGreaterThanOrEqualTo(Delay, timings.Training);
        Assert.IsLessThan(Delay, timings.Reading);
        Assert.IsGreaterThan(TimeSpan.Zero, timings.Reading);
        Assert.AreEqual(TimeSpan.Zero, timings.Staging, "the CPU trains where the rows were read to");
        Assert.IsLessThanOrEqualTo(whole, timings.Reading + timings.Staging + timings.Training);
    }

    private static TrainingTimings Fit(IDataView train, IDataView validation, Action<MlpMulticlassTrainer.Options>? change = null)
    {
        MlpMulticlassTrainer.Options options = Blob.Options(change);
        options.Device = ComputeDevice.Cpu;
        return Ml.MixedPrecision().Trainers.MlpMulticlass(options).Fit(train, validation).Training!.Timings;
    }

    private static IDataView SlowToRead(IDataView rows) => Ml.Data.FilterByCustomPredicate<Blob>(rows, row =>
    {
        if (row.Number == 0)
        {
            Thread.Sleep(Delay);
        }

        return false; // True drops the row.
    });

    private static IDataView Prepared()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Blob.Rows(200));
        return Ml.Data.Cache(Blob.Preparation(Ml).Fit(rows).Transform(rows));
    }
}
