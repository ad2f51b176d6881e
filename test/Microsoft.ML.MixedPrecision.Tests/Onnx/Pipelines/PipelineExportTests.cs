using System.Collections.Concurrent;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>
/// Each pipeline of <see cref="PipelineCases"/> with a network behind it, exported and run by ONNX Runtime: equal to ML.NET's own
/// Transform.
/// Columns of transforms are compared exactly, NaN with NaN, since both sides do the same operations in the same format; scores within
/// 2e-6, since
/// products are summed in another order and e^x is another function.
/// </summary>
[TestClass]
public sealed class PipelineExportTests
{
    private const double ScoreTolerance = 2e-6;
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly ConcurrentDictionary<string, Lazy<(ITransformer Model, byte[] File)>> Exported = [];

    public static IEnumerable<object[]> Cases => PipelineCases.All.Select(each => new object[] { each });

    public static IEnumerable<object[]> CasesAndBatches
        => from each in PipelineCases.All
           from rows in new[] { 1, 7, 1024 }
           select new object[] { each, rows };

    [TestMethod]
    [DynamicData(nameof(CasesAndBatches))]
    internal void Export_OfPipeline_ComputesAsTransformDoes(PipelineCase pipeline, int rows)
    {
        (ITransformer model, byte[] file) = Export(pipeline);
        IDataView data = Ml.Data.LoadFromEnumerable(MessyRow.Unseen(1024)[..rows]), transformed = model.Transform(data);

        using var session = new InferenceSession(file);
        using var run = new RunOptions();
        string[] inputs = [.. session.InputNames];
        OrtValue[] values = Array.ConvertAll(inputs, name => ColumnValues.Tensor(ColumnValues.Of(data, name), rows));
        using var results = session.Run(run, inputs, values, session.OutputNames);

        CollectionAssert.AreEquivalent(pipeline.Inputs, inputs, "the label must not be asked for, nor what nothing depends on");
        for (int i = 0; i < results.Count; i++)
        {
            string column = session.OutputNames[i].Replace(".output", "", StringComparison.Ordinal);
            Array expected = ColumnValues.Of(transformed, column);
            ColumnValues.AssertEqual(
                expected,
                ColumnValues.Of(results[i]),
                column == "Score" ? ScoreTolerance : pipeline.Tolerance,
                column);
            Assert.IsTrue(rows < 1024 || expected.Cast<object>().Distinct().Count() > 1, $"{column} is always {expected.GetValue(0)}, "
                + $"which proves nothing");
        }

        Array.ForEach(values, value => value.Dispose());
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    internal void Export_OfPipeline_IsTakenByApplyOnnxModel(PipelineCase pipeline)
    {
        (ITransformer model, byte[] file) = Export(pipeline);
        IDataView data = Ml.Data.LoadFromEnumerable(MessyRow.Unseen(20)), transformed = model.Transform(data);

        IDataView applied = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(data).Transform(data);

        ColumnValues.AssertEqual(ColumnValues.Of(transformed, "Score"), ColumnValues.Of(applied, "Score.output"), ScoreTolerance, "Score");
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    internal void Export_OfLoadedPipeline_WithData_MeasuresNoDifference(PipelineCase pipeline)
    {
        ITransformer model = Models.Load(Models.Save(Export(pipeline).Model, Ml.Data.LoadFromEnumerable(MessyRow.ToFit(1)).Schema));

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            model, Ml.Data.LoadFromEnumerable(MessyRow.Unseen(1100)), Stream.Null, new OnnxExportOptions
            {
                OutputColumns = ["Score", "PredictedLabel", "Name", .. pipeline.Columns],
            });

        Assert.AreEqual(1100, report.Verification!.Rows);
        Assert.IsTrue(
            report.Verification.ModelToFile is { LabelAgreement: 1 }
                && report.Verification.ModelToFile.LargestDifference <= Math.Max(ScoreTolerance, pipeline.Tolerance),
            report.ToString());
    }

    [TestMethod]
    public void Export_OfTextHash_CountsTextThatOnnxRuntimeHashesOtherwiseAsMissing()
    {
        string[] same = [
            "a",
            "a b",
            "~",
            "\t",
            "a\nb",
            "\u0001x\u007f",
            .. Enumerable.Range(1, 20).Select(length => new string('x', length))];
        string[] other = ["", " ", " a", "a ", "\u00e9", "ann\u00e9e", "\u65e5\u672c", "x\ud83d\ude00"];
        IDataView data = Ml.Data.LoadFromEnumerable(same.Concat(other).Select(text => new MessyRow { Text = text }));
        ITransformer model = Ml.Transforms.Conversion.Hash("Hash", "Text", numberOfBits: 20).Fit(data);
        using var stream = new MemoryStream();
        Ml.MixedPrecision().Model.ExportToOnnx(model, data.Schema, stream, new OnnxExportOptions { OutputColumns = ["Hash"] });

        using var session = new InferenceSession(stream.ToArray());
        using var run = new RunOptions();
        using OrtValue texts = ColumnValues.Tensor(same.Concat(other).ToArray(), same.Length + other.Length);
        using var results = session.Run(run, ["Text"], [texts], ["Hash.output"]);
        var hashes = (uint[])ColumnValues.Of(results[0]);

        ColumnValues.AssertEqual(((uint[])ColumnValues.Of(model.Transform(data), "Hash"))[..same.Length], hashes[..same.Length], 0, "Hash");
        CollectionAssert.AreEqual(new uint[other.Length], hashes[same.Length..]);
    }

    [TestMethod]
    public void Export_OfCopiedScore_GivesWhatTheModelMakesAndTheCopy()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(MessyRow.ToFit(100));
        var model = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(Ml.Transforms.CopyColumns("Features", "Sizes"))
            .Append(
                Ml.MixedPrecision().Trainers.MlpMulticlass(hiddenLayers: [8], epochs: 1)).Append(Ml.Transforms.CopyColumns("Copy", "Score"))
            .Append(Ml.Transforms.DropColumns("PredictedLabel")).Fit(data);

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, data, Stream.Null);

        CollectionAssert.AreEquivalent(new[] { "Score.output", "Copy.output" }, report.Outputs.ToArray());
        Assert.IsTrue(report.Verification!.ModelToFile.LargestDifference <= ScoreTolerance, report.ToString());
    }

    [TestMethod]
    public void Export_OfPipelineThatDropsWhatItsModelMakes_IsRefused()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(MessyRow.ToFit(100));
        var model = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(Ml.Transforms.CopyColumns("Features", "Sizes"))
            .Append(Ml.MixedPrecision().Trainers.MlpMulticlass(hiddenLayers: [8], epochs: 1))
                .Append(Ml.Transforms.SelectColumns("Kind"))
                .Fit(data);

        var error = Assert.ThrowsExactly<ArgumentException>(() => Ml.MixedPrecision().Model.ExportToOnnx(model, data, Stream.Null));

        StringAssert.Contains(error.Message, "The pipeline drops all columns that its trained model makes");
    }

    [TestMethod]
    public void Export_OfPipelineThatDropsColumns_NeedsTheSameRowsTwice()
    {
        int reads = 0;
        IDataView changing = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 1).SelectMany(_ => MessyRow.ToFit(10 + reads++)));
        ITransformer model = Ml.Transforms.NormalizeMinMax("Sizes")
            .Append(Ml.Transforms.SelectColumns("Sizes"))
            .Fit(Ml.Data.LoadFromEnumerable(MessyRow.ToFit(10)));

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Ml.MixedPrecision().Model.ExportToOnnx(
                model,
                changing,
                Stream.Null,
                new OnnxExportOptions { OutputColumns = ["Sizes"] }));

        StringAssert.Contains(error.Message, "Data.Cache");
    }

    private static (ITransformer Model, byte[] File) Export(PipelineCase pipeline)
        => Exported.GetOrAdd(pipeline.Name, _ => new(() =>
        {
            IDataView data = Ml.Data.LoadFromEnumerable(MessyRow.ToFit(400));
            var model = new EstimatorChain<ITransformer>()
                .Append(Ml.Transforms.Conversion.MapValueToKey("Label", "Kind"))
                .Append(pipeline.Steps(Ml.Transforms))
                .AppendCacheCheckpoint(Ml)
                .Append<ITransformer>(
                    Ml.MixedPrecision().Trainers.MlpMulticlass(
                        new MlpMulticlassTrainer.Options
                        {
                            HiddenLayers = [8],
                            Epochs = 10,
                            BatchSize = 32,
                            LearningRate = 1e-2f,
                            ValidationFraction = 0,
                            Seed = 1,
                        }))
                .Append<ITransformer>(Ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"))
                .Fit(data);
            using var stream = new MemoryStream();
            Ml.MixedPrecision().Model.ExportToOnnx(
                model,
                data.Schema,
                stream,
                new OnnxExportOptions { OutputColumns = ["Score", "PredictedLabel", "Name", .. pipeline.Columns] });
            stream.Position = 0;
            Ml.MixedPrecision().Model.CheckOnnx(stream);
            return (model, stream.ToArray());
        })).Value;
}
