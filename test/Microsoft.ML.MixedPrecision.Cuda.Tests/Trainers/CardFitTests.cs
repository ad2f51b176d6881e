using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Trainers;

/// <summary>Fits on a card through ML.NET's own interface.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CardFitTests
{
    /// <summary>ML.NET logs from any thread.</summary>
    private readonly ConcurrentQueue<string> _log = [];
    private CudaContext _context = null!;

    [TestInitialize]
    public void OpenCard() => _context = Gpu.Open();

    [TestCleanup]
    public void CloseCard() => _context?.Dispose();

    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    [DataRow("auto")]
    public void Fit_OnACard_LearnsAndReports(string policy)
    {
        MLContext ml = Context();
        using TransformerChain<ITransformer> model = Fit(ml, options =>
        {
            options.Device = ComputeDevice.Cuda(0);
            options.Precision = PrecisionPolicy.Parse(policy);
            options.LossScaling = policy == "mixed_float16" ? LossScaling.Dynamic(initialScale: 256) : LossScaling.Auto;
        });
        TrainingResult training = model.OfType<NetworkMulticlassTransformer>().Single().Training!;

        Assert.IsGreaterThan(
            0.97,
            ml.MulticlassClassification.Evaluate(model.Transform(ml.Data.LoadFromEnumerable(Blob.Rows(600, seed: 2)))).MicroAccuracy);
        StringAssert.Contains(training.Device, _context.Properties.Name);
        Assert.IsGreaterThan(TimeSpan.Zero, training.Timings.Staging);
        Assert.IsGreaterThan(TimeSpan.Zero, training.Timings.Training);
        Assert.IsGreaterThan(0L, training.Memory.Total);
        Assert.IsGreaterThan(0L, training.Memory.Data, "the rows were on the card");
        StringAssert.Contains(training.Explain(), "linear");
        Assert.AreEqual(600, training.Rows);
        Assert.HasCount(6, training.History);
        AssertDeviceLine("asked for");
    }

    [TestMethod]
    public void Fit_SameSeedTwice_GivesTheSameBits()
    {
        MLContext ml = Context();
        IDataView test = ml.Data.LoadFromEnumerable(Blob.Rows(200, seed: 2));
        using TransformerChain<ITransformer> first = Fit(ml, OnTheCard), second = Fit(ml, OnTheCard);

        CollectionAssert.AreEqual(OnTheCpu(first, test), OnTheCpu(second, test));

        static void OnTheCard(MlpMulticlassTrainer.Options options)
        {
            options.Device = ComputeDevice.Cuda(0);
            options.Precision = PrecisionPolicy.MixedBFloat16;
        }
    }

    [TestMethod]
    public void Fit_SeveralThreadsOnOneCard_GiveTheBitsOfOneAfterTheOther()
    {
        const int networks = 4, rounds = 6;
        IDataView test = Context().Data.LoadFromEnumerable(Blob.Rows(200, seed: 2));
        uint[][] expected = [.. Enumerable.Range(0, networks).Select(Scored)];

        // Each thread opens the card, captures and closes it again while the others do: what the steps' graphs must bear.
        uint[][] actual = [
            .. Enumerable.Range(0, networks * rounds)
                .AsParallel()
                .AsOrdered()
                .WithDegreeOfParallelism(networks)
                .Select(i => Scored(i % networks))];
        for (int i = 0; i < actual.Length; i++)
        {
            CollectionAssert.AreEqual(expected[i % networks], actual[i], $"fit {i}");
        }

        uint[] Scored(int network)
        {
            using TransformerChain<ITransformer> model = Fit(new MLContext(seed: 1), options =>
            {
                options.Device = ComputeDevice.Cuda(0);
                options.Precision = PrecisionPolicy.MixedFloat16;
                options.HiddenLayers = [16 * (network + 1), 24];
            });
            return OnTheCpu(model, test);
        }
    }

    [TestMethod]
    public void Fit_AutoWithACard_TakesIt()
    {
        using TransformerChain<ITransformer> model = Fit(Context(), options => options.Device = ComputeDevice.Auto);

        AssertDeviceLine("the first NVIDIA GPU");
        Assert.IsGreaterThan(TimeSpan.Zero, model.OfType<NetworkMulticlassTransformer>().Single().Training!.Timings.Staging);
    }

    [TestMethod]
    public void Fit_AutoAndGpuDeviceId_TakesThatCard()
    {
        MLContext ml = Context();
        (ml.GpuDeviceId, ml.FallbackToCpu) = (0, false);
        using TransformerChain<ITransformer> model = Fit(ml, options => options.Device = ComputeDevice.Auto);

        AssertDeviceLine("named by MLContext.GpuDeviceId");
    }

    [TestMethod]
    public void Fit_AutoAndGpuDeviceIdOfNoCard_TakesTheCpuOnlyWhereItMay()
    {
        int none = CudaInstallation.Current.Devices.Count;
        MLContext ml = Context();
        (ml.GpuDeviceId, ml.FallbackToCpu) = (none, true);
        using TransformerChain<ITransformer> model = Fit(ml, options => options.Device = ComputeDevice.Auto);

        string line = _log.Single(IsDeviceLine);
        StringAssert.Contains(line, "Device: CPU (");
        StringAssert.Contains(line, string.Create(CultureInfo.InvariantCulture, $"instead of GPU {none}"));

        ml.FallbackToCpu = false;
        Assert.ThrowsExactly<NotSupportedException>(() => Fit(ml, options => options.Device = ComputeDevice.Auto));
    }

    [TestMethod]
    public void Fit_CpuBesideACard_StaysThere()
    {
        using TransformerChain<ITransformer> model = Fit(Context(), options => options.Device = ComputeDevice.Cpu);

        StringAssert.Contains(_log.Single(IsDeviceLine), "Device: CPU (");
        Assert.AreEqual(TimeSpan.Zero, model.OfType<NetworkMulticlassTransformer>().Single().Training!.Timings.Staging);
    }

    private static bool IsDeviceLine(string line) => line.Contains("Device: ", StringComparison.Ordinal);

    private static uint[] OnTheCpu(TransformerChain<ITransformer> model, IDataView test)
    {
        model.OfType<NetworkMulticlassTransformer>().Single().ScoringDevice = ComputeDevice.Cpu;
        return Scores.BitsOf(model.Transform(test));
    }

    private static TransformerChain<ITransformer> Fit(MLContext ml, Action<MlpMulticlassTrainer.Options> change)
        => Blob.Pipeline(ml, Blob.Options(change)).Fit(ml.Data.LoadFromEnumerable(Blob.Rows(600)));

    private MLContext Context()
    {
        var ml = new MLContext(seed: 1);
        ml.Log += (_, e) => _log.Enqueue(e.Message);
        return ml;
    }

    private void AssertDeviceLine(string reason)
    {
        string line = _log.Single(IsDeviceLine);
        StringAssert.Contains(line, _context.Properties.Name);
        StringAssert.Contains(line, reason);
    }
}
