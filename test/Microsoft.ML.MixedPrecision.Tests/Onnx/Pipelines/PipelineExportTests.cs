using System.Collections.Concurrent;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>
/// Each pipeline of <see cref="PipelineCases"/> with a network behind it, exported and run by ONNX Runtime: equal to ML.NET's own Transform.
/// Columns of transforms are compared exactly, NaN with NaN, since both sides do the same operations in the same format; scores within 2e-6, since
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
            ColumnValues.AssertEqual(ColumnValues.Of(transformed, column), ColumnValues.Of(results[i]), column == "Score" ? ScoreTolerance : 0, column);
        }

        Array.ForEach(values, value => value.Dispose());
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    internal void Export_OfPipeline_WithData_MeasuresNoDifference(PipelineCase pipeline)
    {
        (ITransformer model, _) = Export(pipeline);

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            model, Ml.Data.LoadFromEnumerable(MessyRow.Unseen(1100)), Stream.Null, new OnnxExportOptions { OutputColumns = ["Score", "PredictedLabel", "Name", .. pipeline.Columns] });

        Assert.AreEqual(1100, report.Verification!.Rows);
        Assert.IsTrue(report.Verification.ModelToFile is { LargestDifference: <= ScoreTolerance, LabelAgreement: 1 }, report.ToString());
    }

    private static (ITransformer Model, byte[] File) Export(PipelineCase pipeline)
        => Exported.GetOrAdd(pipeline.Name, _ => new(() =>
        {
            IDataView data = Ml.Data.LoadFromEnumerable(MessyRow.ToFit(400));
            var model = new EstimatorChain<ITransformer>()
                .Append(Ml.Transforms.Conversion.MapValueToKey("Label", "Kind"))
                .Append(pipeline.Steps(Ml.Transforms))
                .AppendCacheCheckpoint(Ml)
                .Append<ITransformer>(Ml.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options { HiddenLayers = [8], Epochs = 2, Seed = 1 }))
                .Append<ITransformer>(Ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"))
                .Fit(data);
            using var stream = new MemoryStream();
            Ml.MixedPrecision().Model.ExportToOnnx(model, data.Schema, stream, new OnnxExportOptions { OutputColumns = ["Score", "PredictedLabel", "Name", .. pipeline.Columns] });
            return (model, stream.ToArray());
        })).Value;
}
