using Microsoft.ML.MixedPrecision.Onnx.Graph;
using static Microsoft.ML.MixedPrecision.Tests.Trainers.Columns.VisitModels;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Columns;

/// <summary>ONNX files of networks that read categories.</summary>
[TestClass]
public sealed class CategoryExportTests
{
    private static readonly MLContext Ml = VisitModels.Ml;

    /// <summary>With gaps filled and robust scaling too, which must leave the categories alone on every road.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float32, 1e-4, false)]
    [DataRow(NumericFormat.Float16, 2e-2, false)]
    [DataRow(NumericFormat.Float32, 1e-4, true)]
    public void ExportToOnnx_OfCategories_ScoresAsTheModelDoes(NumericFormat format, double tolerance, bool hasGaps)
    {
        Visit[] rows = Visit.Rows(600);
        foreach (Visit row in rows.Where((_, i) => hasGaps && i % 7 == 0))
        {
            row.Second = float.NaN;
        }

        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        ITransformer model = hasGaps
            ? Pipeline(options => (options.MissingValues, options.FeatureScaling, options.Epochs)
                = (MissingValues.ImputeAndIndicate, FeatureScaling.Robust, 2)).Fit(data)
            : Fitted.Value;
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            model, hasGaps ? data : Test, stream, new OnnxExportOptions { Format = format });

        CollectionAssert.AreEquivalent(new[] { "First", "Second", "Place", "Kind" }, report.Inputs.ToArray());
        Assert.IsLessThan(tolerance, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    /// <summary>Layers that embed and scale numbers act on the numbers in front, whatever stands behind them, and members share the
    /// embeddings.</summary>
    [TestMethod]
    [DataRow(NumericEmbedding.Periodic, true, 1)]
    [DataRow(NumericEmbedding.PiecewiseLinear, false, 1)]
    [DataRow(NumericEmbedding.None, false, 4)]
    public void ExportToOnnx_BesideOtherLayersOfTables_ScoresAsTheModelDoes(NumericEmbedding embedding, bool hasStart, int members)
    {
        Visit[] rows = Visit.Rows(600);
        rows[3].Second = rows[9].Second = float.NaN;
        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        using var stream = new MemoryStream();

        ITransformer model = Pipeline(options =>
        {
            (options.NumericEmbedding, options.ScaleLayer, options.DataDrivenStart) = (embedding, hasStart, hasStart);
            (options.MissingValues, options.Members, options.Epochs) = (MissingValues.ImputeAndIndicate, members, 2);
        }).Fit(data);

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, data, stream);
        Assert.IsLessThan(1e-4, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    /// <summary>FP16 has no number of a level above 2048, so that the network's one input stays FP32 where all edges are to be
    /// FP16.</summary>
    [TestMethod]
    public void ExportNetworkToOnnx_WithFloat16Edges_KeepsTheCategoriesInFloat32()
    {
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportNetworkToOnnx(
            Fitted.Value, stream, new OnnxExportOptions { Format = NumericFormat.Float16, Float16Edges = true });

        GraphProto graph = ModelProto.Parser.ParseFrom(stream.ToArray()).Graph;
        Assert.AreEqual((int)OnnxElementType.Float, graph.Input.Single().Type.TensorType.ElemType);
        StringAssert.Contains(report.ToString(), "it holds numbers of categories");
    }
}
