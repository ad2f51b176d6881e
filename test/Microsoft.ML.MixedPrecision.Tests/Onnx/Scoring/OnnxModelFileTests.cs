using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

/// <summary>What becomes of files and sessions: saving, loading, disposing.</summary>
[TestClass]
public sealed class OnnxModelFileTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["Score.output"] = "Score",
        ["PredictedKind.output"] = "PredictedKind",
    };

    [TestMethod]
    public void Save_WhereTheOnnxFileIsGone_KeepsTheModelInside()
    {
        IDataView rows = Flower.Rows(Ml, 50);
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        File.WriteAllBytes(path, ExportedModels.Network(NumericFormat.Float16));
        using OnnxScoringTransformer model = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(path, new() { OutputColumns = Renamed, BatchSize = 7 })
            .Fit(rows);
        using (File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            // Nobody has the file open.
        }

        File.Delete(path);
        var stream = new MemoryStream();
        Ml.Model.Save(model, rows.Schema, stream);
        stream.Position = 0;
        var loaded = (OnnxScoringTransformer)Ml.Model.Load(stream, out _);

        Assert.AreEqual(7, loaded.BatchSize);
        CollectionAssert.AreEqual(Scores(model.Transform(rows)), Scores(loaded.Transform(rows)));
        Assert.IsEmpty(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [TestMethod]
    public void Load_InAProcessThatNamesNothingOfTheLibrary_ScoresTheSame()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("How another process finds the native ONNX Runtime is known here for Linux only.");
        }

        IDataView rows = Flower.Rows(Ml, 50);
        var model = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(ExportedModels.Network(NumericFormat.Float32), new() { OutputColumns = Renamed, BatchSize = 16 })
            .Fit(rows);
        string[] expected =
            [.. model.Transform(rows).GetColumn<string>("PredictedKind").Zip(Scores(model.Transform(rows)).Chunk(3), (kind, score) =>
            $"{kind} {string.Join(' ', score.Select(x => $"{BitConverter.SingleToUInt32Bits(x):X8}"))}")];

        string[] actual = LoaderProcess.Run(Save(model, rows), rows, NativeFolder());

        CollectionAssert.AreEqual(expected, actual);
    }

    [TestMethod]
    public void Load_WhereThereIsNoNativeLibrary_SaysInOneSentenceWhatToReference()
    {
        IDataView rows = Flower.Rows(Ml, 5);
        byte[] saved = Save(
            Ml.MixedPrecision().Transforms.ApplyOnnxModel(
                ExportedModels.Network(NumericFormat.Float32),
                new() { OutputColumns = Renamed }).Fit(rows),
            rows);
        if (LoaderProcess.IsBundled)
        {
            Assert.Inconclusive("In a bundle every program has the native library beside it.");
        }

        string error = LoaderProcess.RunToError(saved, rows);

        StringAssert.Contains(error, "ONNX Runtime's native library is missing or too old: reference the package "
            + "Microsoft.ML.OnnxRuntime, or Microsoft.ML.OnnxRuntime.Gpu, of version", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Load_OfAModelWithAHostileFileInside_IsRefused()
    {
        IDataView rows = Flower.Rows(Ml, 5);
        byte[] saved = Save(Ml.MixedPrecision().Transforms.ApplyOnnxModel(Negated("Neg")).Fit(rows), rows);
        byte[] hostile = Replace(saved, Negated("Tile"));

        var refusal = Assert.ThrowsExactly<OnnxModelRefusedException>(
            () => Ml.MixedPrecision().Model.Load(new MemoryStream(hostile), new OnnxModelLimits(), out _));

        StringAssert.Contains(refusal.Message, "'Tile'", StringComparison.Ordinal);
        Assert.IsNotNull(
            Ml.MixedPrecision().Model.Load(new MemoryStream(hostile), new OnnxModelLimits { AdditionalOperators = ["Tile"] }, out _));

        // ML.NET wraps what its loading by reflection throws; the limits were those of the one call only.
        var wrapped = Assert.ThrowsExactly<TargetInvocationException>(() => Ml.Model.Load(new MemoryStream(hostile), out _));
        Assert.IsInstanceOfType<OnnxModelRefusedException>(wrapped.InnerException);
    }

    [TestMethod]
    public void Dispose_WhileACursorReads_LetsItFinish()
    {
        IDataView rows = Flower.Rows(Ml, 100);
        OnnxScoringTransformer model = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(ExportedModels.Network(NumericFormat.Float32), new() { OutputColumns = Renamed, BatchSize = 8 })
            .Fit(rows);
        IDataView scored = model.Transform(rows);
        float[] expected = Scores(scored);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        List<float> actual = [];
        VBuffer<float> score = default;

        while (cursor.MoveNext())
        {
            getter(ref score);
            actual.AddRange(score.DenseValues());
            model.Dispose();
        }

        CollectionAssert.AreEqual(expected, actual);
        CollectionAssert.AreEqual(expected, Scores(scored), "the session is opened again");
    }

    private static byte[] Negated(string operation)
        => new TestGraph().Input("Petal", OnnxElementType.Float, -1, 2)
            .Node(operation, "Petal", "y")
            .Output("y", OnnxElementType.Float, -1, 2)
            .ToBytes();

    private static float[] Scores(IDataView view) => [.. view.GetColumn<float[]>("Score").SelectMany(row => row)];

    private static byte[] Save(ITransformer model, IDataView rows)
    {
        using var stream = new MemoryStream();
        Ml.Model.Save(model, rows.Schema, stream);
        return stream.ToArray();
    }

    private static byte[] Replace(byte[] saved, byte[] file)
    {
        using var stream = new MemoryStream();
        stream.Write(saved);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            ZipArchiveEntry entry = zip.Entries.Single(entry => entry.FullName.EndsWith("Model.onnx", StringComparison.Ordinal));
            string name = entry.FullName;
            entry.Delete();
            using Stream content = zip.CreateEntry(name).Open();
            content.Write(file);
        }

        return stream.ToArray();
    }

    private static string NativeFolder()
    {
        string packaged = Path.Combine(
            AppContext.BaseDirectory,
            "runtimes",
            RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64",
            "native");
        return Directory.Exists(packaged) ? packaged : AppContext.BaseDirectory;
    }
}
