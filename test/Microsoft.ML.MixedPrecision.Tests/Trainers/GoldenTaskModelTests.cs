using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>
/// Models saved in each version of the model file load in this one and score as Golden/forward.py computes in double
/// from the weights in the file. To add files of a new version, name them after it in <see cref="Write(TestContext)"/>, run this class with
/// MIXEDPRECISION_WRITE_GOLDEN set to the folder <c>Golden</c> beside the project file, then Golden/forward.py, and commit what appears
/// there. Files of a version are never written again: those named 0.1 are of version 1, and the code that wrote the versions 1 to 4 is in
/// the commits that added their files.
/// </summary>
[TestClass]
public sealed class GoldenTaskModelTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden");

    public static IEnumerable<object[]> Files
        => Directory.GetFiles(Folder, "mlp-*.rows.txt").Select(
            path => (object[])[Path.GetFileName(path).Replace(".rows.txt", "", StringComparison.Ordinal)]);

    [ClassInitialize]
    public static void Write(TestContext context)
    {
        if (Environment.GetEnvironmentVariable("MIXEDPRECISION_WRITE_GOLDEN") is { Length: > 0 } folder)
        {
            var binary = (NetworkBinaryTransformer)Fit(
                TrainerCase.Binary,
                options => (options.HiddenLayers, options.Activation, options.FeatureScaling, options.MissingValues) =
                    ([9, 7], ActivationKind.Silu, FeatureScaling.Robust, MissingValues.ImputeAndIndicate));
            Write(folder, "mlp-binary-version5", binary.WithThreshold(0.3f), TrainerCase.Binary);
            Write(
                folder,
                "mlp-multiclass-version5",
                Fit(TrainerCase.Multiclass, options => (options.HiddenLayers, options.FeatureScaling) = ([8], FeatureScaling.Robust)),
                TrainerCase.Multiclass);
            Write(
                folder,
                "mlp-regression-version5",
                Fit(
                    TrainerCase.SeveralTargets,
                    options => (options.HiddenLayers, options.MissingValues) = ([10, 6], MissingValues.ImputeAndIndicate)),
                TrainerCase.SeveralTargets);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void Load_OfGoldenModels_ScoresAsTheDoubleForwardPass(string name)
    {
        ITransformer model = Ml.Model.Load(Path.Combine(Folder, name + ".zip"), out _);
        IDataView scored = model.Transform(
            Ml.Data.LoadFromEnumerable(
                Numbers(name + ".rows.txt").Select(row => new Sample { Features = [.. row.Select(value => (float)value)] }).ToArray()));
        double[][] expected = Numbers(name + ".txt");
        float[][] scores = ScoredRows.ScoresOf(scored);

        Assert.HasCount(20, scores);
        foreach ((double[] row, float[] actual) in expected.Zip(scores))
        {
            Assert.HasCount(row.Length, actual);
            foreach ((double one, float other) in row.Zip(actual))
            {
                Assert.AreEqual(one, other, 1e-5 * Math.Max(1, Math.Abs(one)));
            }
        }

        if (model is NetworkBinaryTransformer binary)
        {
            Assert.AreEqual(0.3f, binary.Threshold);
            CollectionAssert.AreEqual(
                expected.Select(row => 1 / (1 + Math.Exp(-row[0])) > 0.3).ToArray(),
                scored.GetColumn<bool>("PredictedLabel").ToArray());
        }
    }

    [TestMethod]
    [DataRow("mlp-binary-0.1")]
    [DataRow("mlp-regression-0.1")]
    [DataRow("mlp-binary-version2")]
    [DataRow("mlp-regression-version3")]
    [DataRow("mlp-binary-version4")]
    [DataRow("mlp-multiclass-version4")]
    [DataRow("mlp-regression-version4")]
    [DataRow("mlp-binary-version5")]
    [DataRow("mlp-multiclass-version5")]
    [DataRow("mlp-regression-version5")]
    public void Files_OfEachVersion_AreThere(string name) => CollectionAssert.Contains(Files.Select(row => row[0]).ToArray(), name);

    /// <summary>On rows as they are, with gaps where the model takes them.</summary>
    private static ITransformer Fit(TrainerCase task, Action<MlpTrainerOptions> change)
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Rows(task.Options(change).MissingValues, 300, seed: 1));
        return task.Fit(Ml, task.Labelling(Ml).Fit(rows).Transform(rows), change);
    }

    private static Sample[] Rows(MissingValues missing, int count, int seed)
    {
        Sample[] rows = Sample.Rows(count, seed);
        foreach (Sample row in rows.Where(row => missing != MissingValues.Reject && row.Number % 3 == 1))
        {
            row.Features[1 + (row.Number % 2)] = float.NaN;
        }

        return rows;
    }

    private static void Write(string folder, string name, ITransformer model, TrainerCase task)
    {
        MissingValues missing = TrainerCase.NetworkOf(model).Network.Preparation!.Gaps is null
            ? MissingValues.Reject
            : MissingValues.ImputeAndIndicate;
        IDataView rows = Ml.Data.LoadFromEnumerable(Rows(missing, 20, seed: 9));
        rows = task.Labelling(Ml).Fit(rows).Transform(rows);
        File.WriteAllBytes(Path.Combine(folder, name + ".zip"), Models.Save(model, rows.Schema));
        File.WriteAllLines(
            Path.Combine(folder, name + ".rows.txt"),
            rows.GetColumn<float[]>("Features").Select(
                row => string.Join(' ', row.Select(value => value.ToString("R", CultureInfo.InvariantCulture)))));
    }

    private static double[][] Numbers(string file)
        => [.. File.ReadAllLines(Path.Combine(Folder, file)).Select(
            line => Array.ConvertAll(line.Split(' '), text => double.Parse(text, CultureInfo.InvariantCulture)))];
}
