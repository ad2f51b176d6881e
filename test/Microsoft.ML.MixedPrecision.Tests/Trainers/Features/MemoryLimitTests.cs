using System.Collections.Concurrent;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Rows beyond <see cref="NetworkTrainerOptions.MemoryLimit"/> go through a temporary file.</summary>
[TestClass]
public sealed class MemoryLimitTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_BeyondTheLimit_GivesTheBitsOfTheRunInMemoryAndLeavesNoFile(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(300)), validation = task.Prepared(Ml, Sample.Rows(100, seed: 2));
        uint[] expected = TrainerCase.WeightsOf(task.Fit(Ml, task.Options(), train, validation));
        foreach (long limit in (long[])[0, (1 << 20) + 100])
        {
            using var folder = new WatchedFolder();

            ITransformer model = task.Fit(
                folder.Context,
                task.Options(options => (options.MemoryLimit, options.MetricsCallback) = (limit, _ => folder.Look())),
                train,
                validation);

            CollectionAssert.AreEqual(expected, TrainerCase.WeightsOf(model), $"limit {limit}");
            folder.AssertEmpty(looks: 20);
            Assert.AreEqual(limit == 0 ? 2 : 1, folder.Lines.Count(line => line.Contains("temporary file", StringComparison.Ordinal)),
                "both sets without memory; the second with room for the first");
        }
    }

    [TestMethod]
    public void Fit_OfManyChunksBeyondTheLimit_GivesTheBitsOfTheRunInMemory()
    {
        IDataView train = TrainerCase.Regression.Prepared(Ml, Sample.Rows(150_000));
        using var folder = new WatchedFolder();

        uint[] inMemory = Fit(Ml, null), inFile = Fit(folder.Context, 1_400_000);

        CollectionAssert.AreEqual(inMemory, inFile);
        Assert.IsTrue(
            folder.Lines.Any(
                line => line.Contains("MemoryLimit is 1,400,000 bytes", StringComparison.Ordinal)
                    && line.Contains(folder.Path, StringComparison.Ordinal)));

        uint[] Fit(MLContext ml, long? limit) => TrainerCase.WeightsOf(
            TrainerCase.Regression.Fit(ml, train, options => (options.Epochs, options.BatchSize, options.MemoryLimit) = (1, 4096, limit)));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_ThatFailsOrIsCancelled_LeavesNoFile(TrainerCase task)
    {
        using var folder = new WatchedFolder();
        Sample[] rows = Sample.Rows(100);
        rows[90].Features[0] = float.NaN;

        Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(folder.Context, task.Prepared(Ml, rows), options => options.MemoryLimit = 0));
        folder.AssertEmpty(looks: 0);
        using var source = new CancellationTokenSource();
        Assert.ThrowsExactly<TrainingCanceledException>(() => task.Fit(folder.Context, task.Prepared(Ml, Sample.Rows(100)), options =>
        {
            (options.MemoryLimit, options.CancellationToken) = (0, source.Token);
            options.MetricsCallback = _ =>
            {
                folder.Look();
                source.Cancel();
            };
        }));
        folder.AssertEmpty(looks: 1);
        Assert.ThrowsExactly<DivideByZeroException>(() => task.Fit(folder.Context, task.Prepared(Ml, Sample.Rows(100)), options =>
            (options.MemoryLimit, options.MetricsCallback) = (0, _ => throw new DivideByZeroException())));
        folder.AssertEmpty(looks: 0);
    }

    [TestMethod]
    public void Fit_WithAFolderThatDoesNotExist_NamesItAndTheRemedy()
    {
        var ml = new MLContext(seed: 1) { TempFilePath = Path.Combine(Path.GetTempPath(), "there-is-no-such-folder", "at-all") };

        var error = Assert.Throws<IOException>(
            () => TrainerCase.Binary.Fit(ml, TrainerCase.Binary.Prepared(Ml, Sample.Rows(100)), options => options.MemoryLimit = 0));

        foreach (string part in (string[])[ml.TempFilePath, "MLContext.TempFilePath", "MemoryLimit"])
        {
            StringAssert.Contains(error.Message, part);
        }
    }

    /// <summary>A folder for temporary files, that is looked into.</summary>
    private sealed class WatchedFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mixedprecision");
        private int _looks;

        public WatchedFolder()
        {
            Context = new MLContext(seed: 1) { TempFilePath = Path };
            Context.Log += (_, e) => Lines.Enqueue(e.Message);
        }

        public string Path => _folder.FullName;

        public MLContext Context { get; }

        public ConcurrentQueue<string> Lines { get; } = [];

        /// <summary>While training runs: on Unix the file has no name then.</summary>
        public void Look()
        {
            _looks++;
            if (!OperatingSystem.IsWindows())
            {
                Assert.IsEmpty(_folder.GetFileSystemInfos());
            }
        }

        public void AssertEmpty(int looks)
        {
            Assert.AreEqual(looks, _looks);
            Assert.IsEmpty(_folder.GetFileSystemInfos());
            _looks = 0;
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
