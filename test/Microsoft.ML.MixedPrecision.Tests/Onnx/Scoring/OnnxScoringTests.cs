using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

/// <summary>Exported pipelines applied in batches, against ML.NET's own transformer, which runs them row by row, and the pipeline
/// itself.</summary>
[TestClass]
public sealed class OnnxScoringTests
{
    private static readonly MLContext Ml = ExportedModels.Ml;
    private static readonly IDataView Unseen = Flower.Rows(Ml, 2500, seed: 4);
    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["Score.output"] = "Score",
        ["PredictedKind.output"] = "PredictedKind",
    };

    [TestMethod]
    [DataRow(NumericFormat.Float32, 1)]
    [DataRow(NumericFormat.Float32, 7)]
    [DataRow(NumericFormat.Float32, 1024)]
    [DataRow(NumericFormat.Float16, 1)]
    [DataRow(NumericFormat.Float16, 7)]
    [DataRow(NumericFormat.Float16, 1024)]
    public void Transform_OfExportedNetwork_ScoresAsMLNetsTransformer(NumericFormat format, int batchSize)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        File.WriteAllBytes(path, ExportedModels.Network(format));
        IDataView theirs = Ml.Transforms.ApplyOnnxModel(["Score.output", "PredictedKind.output"], ["Length", "Petal"], path)
            .Fit(Unseen)
            .Transform(Unseen);

        IDataView ours = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(path, new() { OutputColumns = Renamed, BatchSize = batchSize })
            .Fit(Unseen)
            .Transform(Unseen);

        // A product of a batch may add in another order than one of a row.
        AssertClose(Vectors(theirs, "Score"), Vectors(ours, "Score"), format == NumericFormat.Float32 ? 1e-6f : 1e-3f);
        string[] kinds = [.. theirs.GetColumn<ReadOnlyMemory<char>[]>("PredictedKind").Select(kind => kind[0].ToString())];
        int same = kinds.Zip(ours.GetColumn<string>("PredictedKind")).Count(pair => pair.First == pair.Second);
        Assert.IsGreaterThanOrEqualTo(2490, same);
        AssertPassedThrough(Unseen, ours);
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32, 2e-6f)]
    [DataRow(NumericFormat.Float16, 5e-3f)]
    public void Transform_OfExportedNetwork_ScoresAsTheModelDoes(NumericFormat format, float tolerance)
    {
        IDataView expected = ExportedModels.FittedNetwork.Transform(Unseen);

        IDataView ours = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(ExportedModels.Network(format), new() { OutputColumns = Renamed })
            .Fit(Unseen)
            .Transform(Unseen);

        AssertClose(Vectors(expected, "Score"), Vectors(ours, "Score"), tolerance);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(1024)]
    public void Transform_OfMLNetsOwnPipeline_GivesScoresTextsAndKeysOfASession(int batchSize)
    {
        byte[] file = ExportedModels.MLNet();

        IDataView ours = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file, new() { BatchSize = batchSize }).Fit(Unseen).Transform(Unseen);

        using var session = new InferenceSession(file);
        string[] names = ["Score.output", "PredictedKind.output", "Label.output", "NumberKey.output"];
        using var run = new RunOptions();
        using var length = OrtValue.CreateTensorValueFromMemory(Unseen.GetColumn<float>("Length").ToArray(), [2500, 1]);
        using var petal = OrtValue.CreateTensorValueFromMemory(
            Unseen.GetColumn<float[]>("Petal").SelectMany(row => row).ToArray(),
            [2500, 2]);
        using var number = OrtValue.CreateTensorValueFromMemory(Unseen.GetColumn<int>("Number").ToArray(), [2500, 1]);
        using var kind = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [2500, 1]);
        foreach ((int index, string text) in Unseen.GetColumn<string>("Kind").Index())
        {
            kind.StringTensorSetElementAt(text.AsSpan(), index);
        }

        using var results = session.Run(run, ["Length", "Petal", "Number", "Kind"], [length, petal, number, kind], names);
        AssertClose(results[0].GetTensorDataAsSpan<float>().ToArray(), Vectors(ours, names[0]), 1e-6f);
        CollectionAssert.AreEqual(results[1].GetStringTensorAsArray(), ours.GetColumn<string>(names[1]).ToArray());
        CollectionAssert.AreEqual(results[2].GetTensorDataAsSpan<uint>().ToArray(), ours.GetColumn<uint>(names[2]).ToArray());
        CollectionAssert.AreEqual(results[3].GetTensorDataAsSpan<uint>().ToArray(), ours.GetColumn<uint>(names[3]).ToArray());
        AssertPassedThrough(Unseen, ours);
    }

    [TestMethod]
    public void PredictionEngine_OnATransformer_ScoresAsTheViewDoes()
    {
        IDataView few = Ml.Data.TakeRows(Unseen, 20);
        OnnxScoringTransformer model = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(ExportedModels.Network(NumericFormat.Float32), new() { OutputColumns = Renamed })
            .Fit(few);
        float[] expected = Vectors(model.Transform(few), "Score");

        using PredictionEngine<Flower, Scored> engine = Ml.Model.CreatePredictionEngine<Flower, Scored>(model, few.Schema);
        Scored[] actual = [.. Ml.Data.CreateEnumerable<Flower>(few, reuseRowObject: false).Select(engine.Predict)];

        AssertClose(expected, [.. actual.SelectMany(row => row.Score)], 1e-6f);
        CollectionAssert.AreEqual(
            model.Transform(few).GetColumn<string>("PredictedKind").ToArray(),
            actual.Select(row => row.PredictedKind).ToArray());
    }

    [TestMethod]
    public void PredictionEngines_OneDisposedOf_LeaveTheOthersWorking()
    {
        OnnxScoringTransformer model = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(ExportedModels.Network(NumericFormat.Float32), new() { OutputColumns = Renamed })
            .Fit(Unseen);
        var flower = new Flower { Length = 3, Petal = [10, 1] };
        using PredictionEngine<Flower, Scored> kept = Ml.Model.CreatePredictionEngine<Flower, Scored>(model, Unseen.Schema);
        float[] expected = kept.Predict(flower).Score;

        // It disposes of the transformer too.
        Ml.Model.CreatePredictionEngine<Flower, Scored>(model, Unseen.Schema).Dispose();

        CollectionAssert.AreEqual(expected, kept.Predict(flower).Score);
        using PredictionEngine<Flower, Scored> another = Ml.Model.CreatePredictionEngine<Flower, Scored>(model, Unseen.Schema);
        CollectionAssert.AreEqual(expected, another.Predict(flower).Score);
    }

    [TestMethod]
    public void CursorSet_OfSeveralCursors_GivesTheSameRows()
    {
        IDataView cached = Ml.Data.Cache(Unseen);
        IDataView scored = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(ExportedModels.Network(NumericFormat.Float32), new() { OutputColumns = Renamed, BatchSize = 64 })
            .Fit(cached)
            .Transform(cached);
        DataViewSchema.Column[] columns = [scored.Schema["Length"], scored.Schema["Score"]];
        Dictionary<float, float[]> expected = scored.GetColumn<float>("Length")
            .Zip(scored.GetColumn<float[]>("Score"))
            .ToDictionary(row => row.First, row => row.Second);

        DataViewRowCursor[] cursors = scored.GetRowCursorSet(columns, 4);
        int rows = 0;
        foreach (Dictionary<float, float[]> part in cursors.AsParallel().WithDegreeOfParallelism(4).Select(Read))
        {
            rows += part.Count;
            foreach ((float length, float[] score) in part)
            {
                AssertClose(expected[length], score, 1e-6f);
            }
        }

        Assert.IsGreaterThan(1, cursors.Length);
        Assert.AreEqual(expected.Count, rows);

        static Dictionary<float, float[]> Read(DataViewRowCursor cursor)
        {
            using (cursor)
            {
                var getLength = cursor.GetGetter<float>(cursor.Schema["Length"]);
                var getScore = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Score"]);
                var result = new Dictionary<float, float[]>();
                float length = 0;
                VBuffer<float> score = default;
                while (cursor.MoveNext())
                {
                    getLength(ref length);
                    getScore(ref score);
                    result.Add(length, [.. score.DenseValues()]);
                }

                return result;
            }
        }
    }

    private static float[] Vectors(IDataView view, string column) => [.. view.GetColumn<float[]>(column).SelectMany(row => row)];

    private static void AssertClose(float[] expected, float[] actual, float tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], tolerance, $"element {i}");
        }
    }

    private static void AssertPassedThrough(IDataView source, IDataView result)
    {
        CollectionAssert.AreEqual(source.GetColumn<float>("Length").ToArray(), result.GetColumn<float>("Length").ToArray());
        CollectionAssert.AreEqual(source.GetColumn<double>("Width").ToArray(), result.GetColumn<double>("Width").ToArray());
        CollectionAssert.AreEqual(source.GetColumn<string>("Kind").ToArray(), result.GetColumn<string>("Kind").ToArray());
        CollectionAssert.AreEqual(Vectors(source, "Petal"), Vectors(result, "Petal"));
        CollectionAssert.AreEqual(
            source.Schema.Select(column => column.Name).ToArray(),
            result.Schema.Take(source.Schema.Count).Select(column => column.Name).ToArray());
    }

    private sealed class Scored
    {
        public float[] Score { get; set; } = [];

        public string PredictedKind { get; set; } = "";
    }
}
