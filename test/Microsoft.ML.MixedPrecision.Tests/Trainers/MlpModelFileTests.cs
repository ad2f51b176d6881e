using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Saving and loading, in this process and in one that knows nothing of the library, whole and damaged.</summary>
[TestClass]
public sealed class MlpModelFileTests
{
    private const string NetworkName = "Model/Model.key";

    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Blob.Rows(300));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Blob.Rows(1500, seed: 2));
    private static readonly TransformerChain<ITransformer> Model = Blob.Pipeline(
        Ml,
        Blob.Options(options => options.Precision = PrecisionPolicy.MixedFloat16)).Fit(Train);
    private static readonly byte[] File = Save();

    [TestMethod]
    public void Load_InThisProcess_GivesTheSameScoresAndNames()
    {
        ITransformer loaded = Load(File);
        IDataView scored = loaded.Transform(Test);
        VBuffer<ReadOnlyMemory<char>> slots = default;
        scored.Schema["Score"].GetSlotNames(ref slots);

        CollectionAssert.AreEqual(Scores.BitsOf(Model.Transform(Test)), Scores.BitsOf(scored));
        CollectionAssert.AreEquivalent(Blob.Kinds, slots.DenseValues().Select(slot => slot.ToString()).ToArray());
        var transformer = ((IEnumerable<ITransformer>)loaded).OfType<NetworkMulticlassTransformer>().Single();
        Assert.HasCount(6, transformer.Training!.History);
        Assert.AreEqual((4, 3), (transformer.Model.Inputs, transformer.Model.Classes));
        CollectionAssert.AreEqual(new[] { "Linear", "Relu", "Linear" }, transformer.Model.Layers.Select(layer => layer.Layer).ToArray());
    }

    [TestMethod]
    public void Save_OfLoadedModel_GivesTheSameNetwork()
    {
        using var again = new MemoryStream();
        Ml.Model.Save(Load(File), Train.Schema, again);

        CollectionAssert.AreEqual(NetworkEntry(File), NetworkEntry(again.ToArray()));
    }

    [TestMethod]
    public void Load_InAProcessThatNamesNoTypeOfOurs_GivesTheSameLabelsAndBits()
    {
        string[] lines = LoaderProcess.Run(File, Test);

        IDataView scored = Model.Transform(Test);
        string[] expected = [.. scored.GetColumn<string>("PredictedKind").Zip(scored.GetColumn<float[]>("Score"), (kind, score) =>
            $"{kind} {string.Join(' ', Scores.BitsOf(score).Select(bits => $"{bits:X8}"))}")];
        CollectionAssert.AreEqual(expected, lines);
    }

    [TestMethod]
    public void Load_OfFileCutShort_SaysSo()
    {
        for (int length = 0; length < File.Length; length += Math.Max(1, File.Length / 60))
        {
            byte[] cut = File[..length];

            Assert.ThrowsExactly<FormatException>(() => Load(cut), $"the first {length} of {File.Length} bytes");
        }
    }

    [TestMethod]
    public void Load_OfNetworkAltered_SaysDamagedAndWhatToDo()
    {
        byte[] entry = NetworkEntry(File);
        int start = NetworkStart(entry);
        int end = start + sizeof(long) + (int)BitConverter.ToInt64(entry, start) + SHA256.HashSizeInBytes;
        for (int at = start; at < end; at += (end - start) / 50)
        {
            byte[] altered = [.. entry];
            altered[at] ^= 0x10;

            var error = Assert.Throws<Exception>(() => Load(WithNetworkEntry(altered)), $"byte {at}");

            InvalidDataException damage = Causes(error).OfType<InvalidDataException>().First();
            StringAssert.Contains(damage.Message, "is damaged and cannot be loaded", $"byte {at}");
            StringAssert.Contains(damage.Message, "save the model again", $"byte {at}");
        }
    }

    [TestMethod]
    public void Load_OfNetworkReplacedByRandomBytes_Throws()
    {
        byte[] entry = NetworkEntry(File);
        int start = NetworkStart(entry);
        for (int seed = 0; seed < 20; seed++)
        {
            byte[] altered = [.. entry];
            new Random(seed).NextBytes(altered.AsSpan(start, 100 + (seed * 10)));

            Assert.Throws<Exception>(() => Load(WithNetworkEntry(altered)), $"seed {seed}");
        }
    }

    [TestMethod]
    public void Load_WithColumnsOfAnotherModel_SaysDamagedAndNamesThem()
    {
        IDataView two = Ml.Data.FilterByCustomPredicate<Blob>(Train, row => row.Kind == "blue"); // True drops the row.
        using var other = new MemoryStream();
        Ml.Model.Save(Blob.Pipeline(Ml, Blob.Options()).Fit(two), Train.Schema, other);
        byte[] columns = Entry(other.ToArray(), "TrainSchema");

        var error = Assert.Throws<Exception>(() => Load(WithEntry("TrainSchema", columns)));

        Assert.IsTrue(
            Causes(error).OfType<InvalidDataException>().Any(
                cause => cause.Message.Contains("4 features and tells 3 classes apart", StringComparison.Ordinal)
                    && cause.Message.Contains("'Label'", StringComparison.Ordinal)),
            error.ToString());
    }

    private static byte[] Save()
    {
        using var stream = new MemoryStream();
        Ml.Model.Save(Model, Train.Schema, stream);
        return stream.ToArray();
    }

    private static ITransformer Load(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return new MLContext().Model.Load(stream, out _);
    }

    private static ZipArchiveEntry FindEntry(ZipArchive zip, string name)
        => zip.Entries.Single(
            entry => entry.FullName.Replace('\\', '/').EndsWith("/" + name, StringComparison.Ordinal)
                && entry.FullName.Contains("Transform_002", StringComparison.Ordinal));

    private static byte[] NetworkEntry(byte[] file) => Entry(file, NetworkName);

    private static byte[] Entry(byte[] file, string name)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        using Stream stream = FindEntry(zip, name).Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    // The Int64 and Int32 before the definition, which begins so.
    private static int NetworkStart(byte[] entry) => entry.AsSpan().IndexOf("{\"version\""u8) - 12;

    private static byte[] WithNetworkEntry(byte[] contents) => WithEntry(NetworkName, contents);

    private static byte[] WithEntry(string name, byte[] contents)
    {
        using var stream = new MemoryStream();
        stream.Write(File);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            ZipArchiveEntry old = FindEntry(zip, name);
            string fullName = old.FullName;
            old.Delete();
            // As a file saved before there was a checksum of the columns.
            zip.Entries.SingleOrDefault(other => other.FullName == fullName + ".sha256")?.Delete();
            using Stream entry = zip.CreateEntry(fullName).Open();
            entry.Write(contents);
        }

        return stream.ToArray();
    }

    private static IEnumerable<Exception> Causes(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
