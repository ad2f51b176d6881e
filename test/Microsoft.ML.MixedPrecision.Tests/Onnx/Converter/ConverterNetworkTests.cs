using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Converter;

/// <summary>
/// Networks in ML.NET's own <c>ConvertToOnnx</c>, of opset 12 (package Microsoft.ML.OnnxConverter). What comes out is run by ONNX Runtime
/// and compared with Transform.
/// </summary>
[TestClass]
public sealed class ConverterNetworkTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Sample.Rows(200));

    public static IEnumerable<object[]> Networks
        => from task in TrainerCase.All
           from activation in Enum.GetValues<ActivationKind>()
           from normalization in Enum.GetValues<NormalizationKind>()
           select new[] { task[0], activation, normalization };

    [TestMethod]
    [DynamicData(nameof(Networks))]
    internal void SaveAsOnnx_ToMLNetsConverter_ComputesAsTransformDoes(
        TrainerCase task,
        ActivationKind activation,
        NormalizationKind normalization)
    {
        ITransformer model = Fit(
            task,
            options => (
                options.HiddenLayers,
                options.Activation,
                options.Normalization,
                options.Residual) = ([8, 8], activation, normalization, true));

        byte[] file = Convert(model, Train);

        // Sums in another order, and in layer normalization the variance of rows in one pass instead of two: 1e-5 of the largest score.
        foreach (int rows in new[] { 1, 7, 1024 })
        {
            AssertSame(task, model, file, rows, 1e-5);
        }
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverter_UsesOldOperatorsOnly()
    {
        ITransformer model = Fit(
            TrainerCase.Multiclass,
            options => (options.Activation, options.Normalization) = (ActivationKind.Gelu, NormalizationKind.LayerNorm));

        var graph = ModelProto.Parser.ParseFrom(Convert(model, Train)).Graph;

        Assert.IsFalse(graph.Node.Any(node => node.OpType is "Gelu" or "LayerNormalization"));
        Assert.IsTrue(graph.Node.Any(node => node.OpType == "Gemm"), "the network must be there");
        Assert.IsTrue(
            graph.Node.Where(node => node.OpType == "ReduceMean").All(node => node.Attribute.Any(attribute => attribute.Name == "axes")));
    }

    /// <summary>Erf came with opset 9, which is also the oldest that ML.NET takes.</summary>
    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverterOfTheOldestOpset_ComputesAsTransformDoes()
    {
        ITransformer model = TrainerCase.Ours(
            (IEnumerable<ITransformer>)Fit(
                TrainerCase.Regression,
                options => (options.Activation, options.Normalization) = (ActivationKind.GeluErf, NormalizationKind.LayerNorm)));
        using var stream = new MemoryStream();

        Ml.Model.ConvertToOnnx(model, Train, 9, stream);

        Assert.AreEqual(9, ModelProto.Parser.ParseFrom(stream.ToArray()).OpsetImport.Single(import => import.Domain.Length == 0).Version);
        AssertSame(TrainerCase.Regression, model, stream.ToArray(), 7, 1e-5);
    }

    /// <summary>Gaps, indicators and the smooth clip, whose bounds are attributes in older operator sets, by operators that all
    /// have.</summary>
    [TestMethod]
    [DataRow(9)]
    [DataRow(12)]
    public void SaveAsOnnx_ToMLNetsConverterOfGapsAndRobustScaling_ComputesAsTransformDoes(int opset)
    {
        Sample[] rows = Sample.Rows(200);
        foreach (Sample row in rows)
        {
            row.Features[1] = row.Number % 4 == 1 ? float.NaN : row.Features[1];
        }

        IDataView data = Ml.Transforms.CopyColumns("Label", "Value").Fit(Train).Transform(Ml.Data.LoadFromEnumerable(rows));
        ITransformer model = TrainerCase.Regression.Fit(Ml, data, options => (options.MissingValues, options.FeatureScaling)
            = (MissingValues.ImputeAndIndicate, FeatureScaling.Robust));
        using var stream = new MemoryStream();

        Ml.Model.ConvertToOnnx(model, data, opset, stream);

        float[][] expected = ScoredRows.ScoresOf(model.Transform(data));
        using OrtValue scores = Run(stream.ToArray(), data, rows.Length, ["Score"]).Single();
        ReadOnlySpan<float> actual = scores.GetTensorDataAsSpan<float>();
        for (int row = 0; row < rows.Length; row++)
        {
            Assert.AreEqual(expected[row][0], actual[row], 1e-5, $"row {row}");
        }
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverterOfUnknownOperator_NamesItAndWhatToDo()
    {
        var node = new NodeProto { OpType = "Mish", Name = "hidden.0.activation" };

        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => new ConverterNodes(new PipelineOnnxContext(new OnnxWriting())).Add(node, ["x"]));

        StringAssert.Contains(error.Message, "The network's 'hidden.0.activation' is the ONNX operator 'Mish'");
        StringAssert.Contains(error.Message, "Export with mlContext.MixedPrecision().Model.ExportToOnnx");
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverterOfFeaturesNamedAsAnOutput_IsRefused()
    {
        IDataView train = Ml.Transforms.CopyColumns("Score", "Features")
            .Append(Ml.Transforms.CopyColumns("Label", "Value"))
            .Fit(Train)
            .Transform(Train);
        ITransformer model = TrainerCase.Regression.Fit(Ml, train, options => (options.FeatureColumnName, options.Epochs) = ("Score", 1));

        var error = Assert.ThrowsExactly<NotSupportedException>(() => Convert(model, train));

        StringAssert.Contains(error.Message, "The feature column has the name of a column that the network makes");
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverter_HidesNoColumnOfTheData()
    {
        string[] columns = ["features", "layer", "hidden.0.weight", "mlp", "Gemm", "Relu", "constant"];
        var pipeline = columns.Aggregate(
            new EstimatorChain<ITransformer>(),
            (chain, column) => chain.Append((IEstimator<ITransformer>)Ml.Transforms.CopyColumns(column, "A")));
        ITransformer model = pipeline.Append(TrainerCase.Multiclass.Pipeline(Ml, options => options.Epochs = 1)).Fit(Train);

        byte[] file = Convert(model, Train);

        IDataView rows = Ml.Data.LoadFromEnumerable(Sample.Rows(7, seed: 4));
        foreach ((string column, OrtValue value) in columns.Zip(Run(file, rows, 7, columns)))
        {
            ColumnValues.AssertEqual(ColumnValues.Of(rows, "A"), ColumnValues.Of(value), 0, column);
        }
    }

    private static ITransformer Fit(TrainerCase task, Action<MlpTrainerOptions> change)
        => task.Pipeline(Ml, options =>
        {
            options.Epochs = 3;
            change(options);
        }).Fit(Train);

    private static byte[] Convert(ITransformer model, IDataView data)
    {
        using var stream = new MemoryStream();
        Ml.Model.ConvertToOnnx(model, data, stream);
        return stream.ToArray();
    }

    /// <summary>The outputs for some columns.</summary>
    private static IDisposableReadOnlyCollection<OrtValue> Run(byte[] file, IDataView data, int rows, string[] columns)
    {
        using var session = new InferenceSession(file);
        using var run = new RunOptions();
        string[] inputs = [.. session.InputNames];
        OrtValue[] values = Array.ConvertAll(inputs, name => ColumnValues.Tensor(ColumnValues.Of(data, name), rows));
        var results = session.Run(run, inputs, values, Array.ConvertAll(columns, column => column + ".output"));
        Array.ForEach(values, value => value.Dispose());
        return results;
    }

    private static void AssertSame(TrainerCase task, ITransformer model, byte[] file, int rows, double tolerance)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(Sample.Rows(rows, seed: 4)), transformed = model.Transform(data);
        using var results = Run(file, data, rows, task.Columns);

        float largest = ScoredRows.ScoresOf(transformed).Max(row => row.Max(Math.Abs));
        for (int i = 0; i < task.Columns.Length; i++)
        {
            ColumnValues.AssertEqual(
                ColumnValues.Of(transformed, task.Columns[i]),
                ColumnValues.Of(results[i]),
                tolerance * Math.Max(1, largest),
                task.Columns[i]);
        }
    }
}
