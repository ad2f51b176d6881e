using System.Collections.Concurrent;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What costs far more than the data suggest is said before it is paid: classes without rows, sparse features that are stored
/// dense.</summary>
[TestClass]
public sealed class DataSizeAdviceTests
{
    private const int Classes = 1 << 17;

    [TestMethod]
    public void Fit_OnAKeyOfManyUnusedClasses_SaysSoBeforeTheFirstStep()
    {
        List<string> before = [];
        var lines = new ConcurrentQueue<string>();
        var ml = new MLContext(seed: 1);
        ml.Log += (_, e) => lines.Enqueue(e.Message);
        IDataView data = ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, 24).Select(i => new ManyClasses { Label = (uint)((i % 3) + 1), Features = [i % 3, 1] }));

        TrainingResult training = ml.MixedPrecision()
            .Trainers.MlpMulticlass(Options(o => o.MetricsCallback = _ => before.AddRange(lines)))
            .Fit(data)
            .Training!;

        // (131072 − 3) classes × 4 bytes × (4 × (24 + 1) weights, gradients and moments + 2 × 24 scores and their gradients) = 77.6e6 bytes
        // = 74 MiB.
        string said = training.Warnings.Single(warning => warning.Contains("131072 classes", StringComparison.Ordinal));
        StringAssert.Contains(said, "column 'Label' has 131072 classes, of which 3 occur in the training set: the others take about 74 "
            + "MiB");
        StringAssert.Contains(said, "MapValueToKey");
        Assert.IsTrue(before.Any(line => line.Contains(said, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_OnAKeyOfWhichMostClassesOccur_SaysNothing()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, 24).Select(i => new FewClasses { Label = (uint)((i % 3) + 1), Features = [i % 3, 1] }));

        Assert.IsEmpty(ml.MixedPrecision().Trainers.MlpMulticlass(Options(_ => { })).Fit(data).Training!.Warnings);
    }

    [TestMethod]
    [DataRow(500_000L, true)]
    [DataRow(100_000_000L, false)]
    public void Fit_OnSparseRows_WarnsWhereTheyTakeMoreThanMainMemoryMay(long limit, bool warned)
    {
        // 40 rows × 4096 features × 4 bytes = 655,360 bytes.
        var lines = new ConcurrentQueue<string>();
        var ml = new MLContext(seed: 1);
        ml.Log += (_, e) => lines.Enqueue(e.Message);
        IDataView data = ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, 40)
                .Select(i => new Wide { Label = i % 2 == 0, Features = new VBuffer<float>(4096, 1, [1], [i]) })
                .ToArray());
        var options = new MlpBinaryTrainer.Options
        {
            HiddenLayers = [2],
            Epochs = 1,
            Seed = 1,
            Device = ComputeDevice.Cpu,
            MemoryLimit = limit,
        };

        TrainingResult training = ml.MixedPrecision().Trainers.MlpBinary(options).Fit(data).Training!;

        const string Note = "Column 'Features' is sparse; rows are stored dense: 16384 bytes for the 4096 features of a row in "
            + "Float32, 0.6 MiB for the 40 rows of the training set.";
        Assert.HasCount(1, lines.Where(line => line.Contains(Note, StringComparison.Ordinal)));
        Assert.AreEqual(warned ? Note + " Make fewer features (fewer bits of a hash, fewer n-grams, or "
            + "FeatureSelection.SelectFeaturesBasedOnCount); rows beyond MemoryLimit, 500,000 bytes, go to a temporary file." : null,
            training.Warnings.SingleOrDefault());
    }

    [TestMethod]
    public void Fit_OnWideSparseRowsOfUnknownNumber_SaysHowManyAGiBHolds()
    {
        var ml = new MLContext(seed: 1);
        IEnumerable<Wider> Rows() => Enumerable.Range(0, 4).Select(
            i => new Wider { Label = i % 2 == 0, Features = new VBuffer<float>(1 << 16, 1, [1], [i]) });
        var options = new MlpBinaryTrainer.Options { HiddenLayers = [2], Epochs = 1, Seed = 1, Device = ComputeDevice.Cpu };
        options.SparseFeatures = SparseFeatures.Dense;

        TrainingResult training = ml.MixedPrecision().Trainers.MlpBinary(options).Fit(ml.Data.LoadFromEnumerable(Rows())).Training!;

        StringAssert.Contains(training.Warnings.Single(), "262144 bytes for the 65536 features of a row in Float32, a GiB for 4096 "
            + "rows of the training set.");
    }

    private static MlpMulticlassTrainer.Options Options(Action<MlpMulticlassTrainer.Options> change)
    {
        var options = new MlpMulticlassTrainer.Options
        {
            HiddenLayers = [24],
            Epochs = 1,
            Seed = 1,
            BatchSize = 32,
            Device = ComputeDevice.Cpu,
        };
        change(options);
        return options;
    }

    private sealed class ManyClasses
    {
        [KeyType(Classes)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class FewClasses
    {
        [KeyType(4)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Wide
    {
        public bool Label { get; set; }

        [VectorType(4096)]
        public VBuffer<float> Features { get; set; }
    }

    private sealed class Wider
    {
        public bool Label { get; set; }

        [VectorType(1 << 16)]
        public VBuffer<float> Features { get; set; }
    }
}
