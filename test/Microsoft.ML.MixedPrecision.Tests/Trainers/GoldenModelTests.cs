using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>
/// Models saved by released versions load in this one and score as they did. To add this version's files, run this class with
/// MIXEDPRECISION_WRITE_GOLDEN set to the folder <c>Golden</c> beside the project file, and commit what appears there.
/// Files of a released version are never written again.
/// </summary>
[TestClass]
public sealed class GoldenModelTests
{
    private const string WriteFolder = "MIXEDPRECISION_WRITE_GOLDEN";
    private const string FileName = "mlp-multiclass-0.1";
    private static readonly MLContext Ml = new(seed: 1);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden");

    [ClassInitialize]
    public static void Write(TestContext context)
    {
        if (Environment.GetEnvironmentVariable(WriteFolder) is { Length: > 0 } folder)
        {
            Write(Directory.CreateDirectory(folder).FullName);
            Write(Folder);
        }
    }

    [TestMethod]
    public void Load_OfGoldenModels_ScoresAsTheyDid()
    {
        string[] models = Directory.GetFiles(Folder, "mlp-multiclass-*.zip");

        Assert.IsTrue(models.Any(model => Path.GetFileName(model) == FileName + ".zip"), "There is no model of this version; see the "
            + "remarks of this class.");
        foreach (string model in models)
        {
            AssertScoresAsItDid(Path.ChangeExtension(model, null));
        }
    }

    private static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, FileName);
        MlpMulticlassTrainer.Options options = Blob.Options(options =>
        {
            options.HiddenLayers = [12, 8];
            options.Activation = ActivationKind.Silu;
            options.Precision = PrecisionPolicy.MixedFloat16;
        });
        IDataView train = Ml.Data.LoadFromEnumerable(Blob.Rows(300));
        TransformerChain<ITransformer> model = Blob.Pipeline(Ml, options).Fit(train);
        Ml.Model.Save(model, train.Schema, path + ".zip");
        File.WriteAllLines(path + ".txt", Lines(model));
    }

    private static void AssertScoresAsItDid(string path)
    {
        ITransformer model = Ml.Model.Load(path + ".zip", out DataViewSchema schema);
        string[] expected = File.ReadAllLines(path + ".txt");

        string[] actual = Lines(model);

        Assert.AreEqual("Kind", schema["Kind"].Name);
        Assert.HasCount(expected.Length, actual);
        foreach ((string was, string now) in expected.Zip(actual))
        {
            AssertSame(was.Split(' '), now.Split(' '));
        }
    }

    private static string[] Lines(ITransformer model)
    {
        IDataView scored = model.Transform(Ml.Data.LoadFromEnumerable(Blob.Rows(20, seed: 9)));
        return [
            .. scored.GetColumn<string>("PredictedKind").Zip(
                scored.GetColumn<float[]>("Score"),
                (kind, score) => string.Create(CultureInfo.InvariantCulture, $"{kind} {string.Join(' ', score)}"))];
    }

    // Not bit for bit: ML.NET's own normalisation may round otherwise in another version.
    private static void AssertSame(string[] was, string[] now)
    {
        Assert.AreEqual(was[0], now[0]);
        foreach ((string before, string after) in was.Skip(1).Zip(now.Skip(1)))
        {
            Assert.AreEqual(float.Parse(before, CultureInfo.InvariantCulture), float.Parse(after, CultureInfo.InvariantCulture), 1e-5f);
        }
    }
}
