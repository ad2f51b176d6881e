using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Networks that scale their features, of sizes from 0.1 to 1e8, in files of every format: the scaling is FP32, ahead of the first
/// cast.</summary>
[TestClass]
public sealed class OnnxFeatureScalingTests
{
    private const float Large = 1e6f;
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Rows(300, 1)), Unseen = Ml.Data.LoadFromEnumerable(Rows(500, 4));

    public static IEnumerable<object[]> Formats =>
        from task in TrainerCase.All
        from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
        from set in Enum.GetValues<OnnxOperatorSet>()
        from edges in format == NumericFormat.Float16 ? new[] { false, true } : [false]
        select new object[] { task[0], format, set, edges };

    [TestMethod]
    [DynamicData(nameof(Formats))]
    internal void Export_OfLargeFeatures_ScoresAsTheModelDoes(TrainerCase task, NumericFormat format, OnnxOperatorSet set, bool edges)
    {
        ITransformer model = Ml.Transforms.CopyColumns("Raw", "Features").Append(task.Preparation(Ml))
            .Append(task.Trainer(Ml, task.Options(options => (options.FeatureColumnName, options.Epochs) = ("Raw", 8)))).Fit(Train);
        float largest = ScoredRows.ScoresOf(model.Transform(Unseen)).Max(row => row.Max(Math.Abs));
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            model,
            Unseen,
            stream,
            new OnnxExportOptions { Format = format, OperatorSet = set, Float16Edges = edges });

        ModelProto file = ModelProto.Parser.ParseFrom(stream.ToArray());
        Assert.AreEqual(
            (int)OnnxElementType.Float,
            file.Graph.Input.Single().Type.TensorType.ElemType,
            "features of 1e8 are infinite in FP16");
        Assert.AreEqual("Sub", file.Graph.Node.First(node => node.Input.Contains("Features")).OpType, "no cast is ahead of the scaling");
        double tolerance = format switch { NumericFormat.Float32 => 5e-6, NumericFormat.Float16 => 8e-3, _ => 4e-2 };
        Assert.IsLessThan(tolerance * Math.Max(1, largest), report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        Assert.AreEqual(
            format == NumericFormat.Float16,
            report.Layers.Any(layer => layer.Format == NumericFormat.Float16),
            "scaled features suit FP16");
    }

    private static Sample[] Rows(int count, int seed)
    {
        Sample[] rows = Sample.Rows(count, seed);
        foreach (Sample row in rows)
        {
            row.Features[1] *= Large;
            row.Features[3] *= Large;
        }

        return rows;
    }
}
