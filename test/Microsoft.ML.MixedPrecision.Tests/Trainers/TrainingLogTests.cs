using System.Collections.Concurrent;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What a fit writes to ML.NET's log, and at which level.</summary>
[TestClass]
public sealed class TrainingLogTests
{
    private const int Columns = 80;

    private readonly MLContext _ml = new(seed: 1);
    private readonly ConcurrentQueue<(ChannelMessageKind Kind, string Text)> _log = [];

    public TrainingLogTests() => _ml.Log += (_, e) =>
    {
        if (e.Source.EndsWith("Training", StringComparison.Ordinal))
        {
            _log.Enqueue((e.Kind, e.RawMessage));
        }
    };

    private string[] Info => [.. _log.Where(line => line.Kind == ChannelMessageKind.Info).Select(line => line.Text)];

    [TestMethod]
    public void Log_OfADefaultFit_IsTheDeviceAndOneLineAnEpoch()
    {
        TrainingResult training = Fit(options => options.ValidationFraction = 0.2f);

        StringAssert.StartsWith(Info[0], "Device: CPU (");
        string[] epochs = [.. Info.Where(line => line.StartsWith("epoch ", StringComparison.Ordinal))];
        CollectionAssert.AreEqual(training.History.Select(epoch => epoch.ToString()).ToArray(), epochs);
        Assert.HasCount(0, Info.Where(line => line.Length > Columns || line.Contains('\n', StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Log_OfAFit_TellsMemoryAndWhyThisDeviceAtTrace()
    {
        Fit(options => options.Device = ComputeDevice.Auto);

        string[] trace = [.. _log.Where(line => line.Kind == ChannelMessageKind.Trace).Select(line => line.Text)];
        Assert.HasCount(1, trace.Where(line => line.StartsWith("Memory of the training plan", StringComparison.Ordinal)));
        int reasons = Info[0].StartsWith("Device: CPU", StringComparison.Ordinal) ? 1 : 0;
        Assert.AreEqual(reasons, trace.Count(line => line.StartsWith("Why this device: ", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Log_OfSeveralFits_SaysTheDeviceOnceAndWhereItChanges()
    {
        Fit(options => options.NumberOfThreads = 1);
        Fit(options => options.NumberOfThreads = 1);
        Fit(options => options.NumberOfThreads = 2);
        Fit(options => options.NumberOfThreads = 1);

        string[] devices = [.. Info.Where(line => line.StartsWith("Device: ", StringComparison.Ordinal))];
        Assert.HasCount(3, devices);
        StringAssert.Contains(devices[0], "1 thread,");
        StringAssert.Contains(devices[1], "2 threads,");
        Assert.AreEqual(devices[0], devices[2]);
    }

    [TestMethod]
    public void Log_OfAnotherContext_SaysTheDeviceToo()
    {
        Fit();
        var other = new MLContext(seed: 1);
        int lines = 0;
        other.Log += (_, e) => lines += e.RawMessage.StartsWith("Device: ", StringComparison.Ordinal) ? 1 : 0;

        Blob.Pipeline(other, Blob.Options(options => options.Epochs = 1)).Fit(other.Data.LoadFromEnumerable(Blob.Rows(60)));

        Assert.AreEqual(1, lines);
    }

    [TestMethod]
    public void Log_OfOneVersusAll_SaysTheDeviceOnce()
    {
        var options = (MlpBinaryTrainer.Options)TrainerCase.Binary.Options();
        options.Epochs = 1;
        IDataView rows = _ml.Data.LoadFromEnumerable(Blob.Rows(60));

        Blob.Preparation(_ml).Append(
            _ml.MulticlassClassification.Trainers.OneVersusAll(_ml.MixedPrecision().Trainers.MlpBinary(options))).Fit(rows);

        Assert.HasCount(1, Info.Where(line => line.StartsWith("Device: ", StringComparison.Ordinal)));
        Assert.IsGreaterThanOrEqualTo(3, Info.Count(line => line.StartsWith("epoch 1/1: ", StringComparison.Ordinal)));
    }

    private TrainingResult Fit(Action<MlpMulticlassTrainer.Options>? change = null)
    {
        MlpMulticlassTrainer.Options options = Blob.Options(o => (o.Epochs, o.Device) = (3, ComputeDevice.Cpu));
        change?.Invoke(options);
        return Blob.Pipeline(_ml, options).Fit(_ml.Data.LoadFromEnumerable(Blob.Rows(200))).GetTraining()!;
    }
}
