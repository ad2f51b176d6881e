using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Trainers;

/// <summary>What fits leave behind on a card, however they end: nothing.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CardMemoryTests
{
    private const int Fits = 50;

    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Prepared(Blob.Rows(300));

    /// <summary>Holds the card's context, so that what the libraries keep in it is there before and after.</summary>
    private CudaContext _context = null!;

    [TestInitialize]
    public void OpenCard() => _context = Gpu.Open();

    [TestCleanup]
    public void CloseCard() => _context?.Dispose();

    [TestMethod]
    public void Fit_FiftyTimes_GivesTheMemoryBack() => AssertNothingKept(() =>
    {
        using NetworkMulticlassTransformer model = Trainer().Fit(Train);
        Assert.HasCount(2, model.Training!.History);
    });

    [TestMethod]
    public void Fit_CancelledInTheMiddle_GivesTheMemoryBack() => AssertNothingKept(() =>
    {
        using var source = new CancellationTokenSource();
        MlpMulticlassTrainer trainer = Trainer(options =>
        {
            options.Epochs = 100;
            options.CancellationToken = source.Token;
            options.MetricsCallback = metrics => source.Cancel();
        });
        Assert.ThrowsExactly<TrainingCanceledException>(() => trainer.Fit(Train));
    });

    [TestMethod]
    public void Fit_FailingCallback_GivesTheMemoryBack() => AssertNothingKept(() =>
    {
        MlpMulticlassTrainer trainer = Trainer(
            options => options.MetricsCallback = metrics => throw new TimeoutException("The callback's own."));
        Assert.ThrowsExactly<TimeoutException>(() => trainer.Fit(Train));
    });

    [TestMethod]
    public void Fit_FeatureThatIsNaN_GivesTheMemoryBack()
    {
        Blob[] rows = Blob.Rows(300);
        rows[200].Features[1] = float.NaN;
        IDataView bad = Prepared(rows);

        AssertNothingKept(
            () => StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().Fit(bad)).Message, "NaN"));
    }

    /// <summary>Once to warm up: what CUDA's libraries keep for the process they keep then.</summary>
    private void AssertNothingKept(Action fit)
    {
        Trainer().Fit(Train).Dispose();
        fit();
        (long before, _) = _context.ReadMemory();
        for (int i = 0; i < Fits; i++)
        {
            fit();
        }

        Assert.AreEqual(before, _context.ReadMemory().Free);
    }

    private static MlpMulticlassTrainer Trainer(Action<MlpMulticlassTrainer.Options>? change = null)
        => Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options =>
    {
        options.Device = ComputeDevice.Cuda(0);
        options.Precision = PrecisionPolicy.MixedBFloat16;
        options.HiddenLayers = [256, 128];
        options.Epochs = 2;
        options.ValidationFraction = 0.1f;
        change?.Invoke(options);
    }));

    private static IDataView Prepared(Blob[] rows)
    {
        IDataView good = Ml.Data.LoadFromEnumerable(Blob.Rows(300));
        return Blob.Preparation(Ml).Fit(good).Transform(Ml.Data.LoadFromEnumerable(rows));
    }
}
