using System.IO.Compression;
using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>
/// A model file that is damaged anywhere, be it in what ML.NET writes or in what the network does: loading throws one of
/// <see cref="IsExpected"/>, or
/// gives the same scores, where the damage was to a byte that nothing depends on. It never allocates beyond a plausible bound.
/// </summary>
[TestClass]
public sealed class DamagedModelTests
{
    private const int Mutants = 1000, Cuts = 200;
    private const long MostBytes = 32L << 20;

    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> Trainers => [[TrainerCase.Multiclass], [TrainerCase.Binary], [TrainerCase.Regression]];

    [TestMethod]
    [Timeout(60_000, CooperativeCancellation = true)]
    [DynamicData(nameof(Trainers))]
    internal void Load_OfAMutant_ThrowsOrScoresTheSame(TrainerCase task)
    {
        var model = new SavedModel(task);

        for (int seed = 0; seed < Mutants; seed++)
        {
            byte[] mutant = Mutate(model, new Random(seed), out string place);
            model.Check(mutant, $"{task}, mutant {seed}, {place}");
        }

        Assert.IsGreaterThan(Mutants / 2, model.Thrown, "most bytes of a small model matter");
    }

    [TestMethod]
    [Timeout(60_000, CooperativeCancellation = true)]
    [DynamicData(nameof(Trainers))]
    internal void Load_OfAFileOrEntryCutShort_ThrowsOrScoresTheSame(TrainerCase task)
    {
        var model = new SavedModel(task);
        var random = new Random(7);

        for (int i = 0; i < Cuts / 2; i++)
        {
            byte[] cut = model.File[..(model.File.Length * i / (Cuts / 2))];
            Assert.IsTrue(IsExpected(Assert.Throws<Exception>(() => Models.Load(cut, Ml))), $"{task}, cut {i}");
            byte[][] entries = model.Entries();
            int entry = model.Pick(random);
            entries[entry] = entries[entry][..random.Next(Math.Max(1, entries[entry].Length))];
            model.Check(model.Zip(entries), $"{task}, entry {model.Names[entry]} cut to {entries[entry].Length}");
        }

        Assert.IsGreaterThan(Cuts / 4, model.Thrown);
    }

    [TestMethod]
    public void Load_OfAFlippedBitOfThresholdOrKind_SaysDamaged()
    {
        var binary = new SavedModel(TrainerCase.Binary);
        var regression = new SavedModel(TrainerCase.Regression);
        byte[] half = [.. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(~BitConverter.SingleToInt32Bits(0.5f))];

        AssertDamaged(binary, half, "threshold");
        AssertDamaged(regression, [.. "SCAL"u8], "mark");
    }

    /// <summary>ML.NET keeps the name, in UTF-16, outside of what the checksums cover, and says of it only that there is no such
    /// column.</summary>
    [TestMethod]
    [DynamicData(nameof(Trainers))]
    internal void Load_OfAFlippedBitOfTheFeatureColumnsName_SaysDamaged(TrainerCase task)
        => AssertDamaged(new SavedModel(task), Encoding.Unicode.GetBytes("Features"), "name");

    /// <summary>What a damaged file may throw: the library's own InvalidDataException, and what ML.NET's readers throw.</summary>
    private static bool IsExpected(Exception error)
        => error is InvalidDataException or FormatException or InvalidOperationException
                or ArgumentException or IOException or NotSupportedException
            || (error is System.Reflection.TargetInvocationException && error.InnerException is { } inner && IsExpected(inner));

    private static void AssertDamaged(SavedModel model, byte[] contents, string part)
    {
        int start = model.File.AsSpan().IndexOf(contents);
        Assert.IsGreaterThan(0, start);
        for (int bit = 0; bit < contents.Length * 8; bit++)
        {
            byte[] file = [.. model.File];
            file[start + (bit / 8)] ^= (byte)(1 << (bit % 8));

            Exception error = Assert.Throws<Exception>(() => Models.Load(file, Ml), $"{part}, bit {bit}");

            StringAssert.Contains(error.ToString(), "is damaged and cannot be loaded", $"{part}, bit {bit}");
        }
    }

    private static byte[] Mutate(SavedModel model, Random random, out string place)
    {
        int kind = random.Next(4);
        if (kind == 3)
        {
            byte[] file = [.. model.File];
            int flipped = random.Next(file.Length);
            if (model.IsOfMLNet(flipped))
            {
                flipped = 0;
            }

            file[flipped] ^= (byte)(1 << random.Next(8));
            place = $"zip, byte {flipped}";
            return file;
        }

        byte[][] entries = model.Entries();
        int entry = model.Pick(random);
        byte[] bytes = entries[entry];
        int at = random.Next(Math.Max(1, bytes.Length - 8));
        place = $"{model.Names[entry]}, kind {kind}, byte {at}";
        if (bytes.Length < 8 || kind == 0)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }
        else if (kind == 1)
        {
            random.NextBytes(bytes.AsSpan(at, Math.Min(1 + random.Next(16), bytes.Length - at)));
        }
        else
        {
            // What a length field must not be believed to be.
            long[] lengths = [-1, int.MaxValue, 1 << 30, long.MaxValue, 0, int.MinValue];
            BitConverter.TryWriteBytes(bytes.AsSpan(at), lengths[random.Next(lengths.Length)]);
        }

        return model.Zip(entries);
    }

    /// <summary>A small model, its file, and its scores.</summary>
    private sealed class SavedModel
    {
        private const string DataSchema = "Schema";

        private readonly IDataView _rows;
        private readonly uint[] _scores;
        private readonly byte[][] _entries;

        public SavedModel(TrainerCase task)
        {
            _rows = task.Prepared(Ml, Sample.Rows(40));
            ITransformer model = task.Fit(Ml, _rows, options => (options.HiddenLayers, options.Epochs) = ([3], 1));
            _scores = ScoredRows.BitsOf(model.Transform(_rows));
            using var zip = new ZipArchive(new MemoryStream(Models.Save(model, _rows.Schema)));
            Names = [.. zip.Entries.Select(entry => entry.FullName)];
            _entries = [.. zip.Entries.Select(Read)];
            File = Zip(_entries);
            Assert.IsFalse(Throws(File, "undamaged"));
        }

        public string[] Names { get; }

        public byte[] File { get; }

        /// <summary>An entry that the library reads, or ML.NET on its behalf; the data's schema beside the model is ML.NET's alone, whose
        /// reader can hang.</summary>
        public int Pick(Random random)
        {
            int entry;
            do
            {
                entry = random.Next(Names.Length);
            }
            while (Names[entry] == DataSchema);

            return entry;
        }

        /// <summary>Whether a byte of the file is of the data's schema.</summary>
        public bool IsOfMLNet(int at)
        {
            byte[] schema = _entries[Array.IndexOf(Names, DataSchema)];
            int start = File.AsSpan().IndexOf(schema);
            return at >= start && at < start + schema.Length;
        }

        /// <summary>Damaged files that were refused.</summary>
        public int Thrown { get; private set; }

        public byte[][] Entries() => Array.ConvertAll(_entries, entry => (byte[])[.. entry]);

        public byte[] Zip(byte[][] entries)
        {
            using var stream = new MemoryStream();
            using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            {
                foreach ((string name, byte[] bytes) in Names.Zip(entries))
                {
                    using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                    entry.Write(bytes);
                }
            }

            return stream.ToArray();
        }

        public void Check(byte[] file, string what) => Thrown += Throws(file, what) ? 1 : 0;

        private static byte[] Read(ZipArchiveEntry entry)
        {
            using Stream stream = entry.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return copy.ToArray();
        }

        private bool Throws(byte[] file, string what)
        {
            var attempt = Task.Factory.StartNew(
                () => Attempt(file),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            Assert.IsTrue(attempt.Wait(TimeSpan.FromSeconds(20)), $"{what}: it hangs");
            (ITransformer? loaded, Exception? error, long bytes) = attempt.Result;
            Assert.IsLessThan(MostBytes, bytes, what);
            Assert.IsTrue(error is null || IsExpected(error), $"{what}: {error}");
            if (loaded is null)
            {
                return true;
            }

            try
            {
                CollectionAssert.AreEqual(_scores, ScoredRows.BitsOf(loaded.Transform(_rows)), what);
            }
            catch (ArgumentOutOfRangeException e) when (e.ParamName == "schema")
            {
                // The features' name was altered everywhere alike; the model says that it is not there.
            }

            return false;
        }

        private static (ITransformer? Model, Exception? Error, long Bytes) Attempt(byte[] file)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                return (Models.Load(file, Ml), null, GC.GetAllocatedBytesForCurrentThread() - before);
            }
            catch (Exception e)
            {
                return (null, e, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }
    }
}
