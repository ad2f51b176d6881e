using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>A whole pipeline that was saved with a model file of version 1 loads and scores as it did. The models alone, of each version,
/// are in <see cref="GoldenTaskModelTests"/>.</summary>
[TestClass]
public sealed class GoldenModelTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden");

    [TestMethod]
    public void Load_OfTheGoldenPipeline_ScoresAsItDid() => AssertScoresAsItDid(Path.Combine(Folder, "mlp-multiclass-0.1"));

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
