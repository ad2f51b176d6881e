using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Converter;

/// <summary>
/// Networks in ML.NET's own <c>ConvertToOnnx</c>, of opset 12. Its package is not here: <see cref="ConverterContext"/> stands in for it, and the steps are
/// walked as its SaveOnnxCommand does. What comes out is run by ONNX Runtime and compared with Transform.
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
    internal void SaveAsOnnx_ToMLNetsConverter_ComputesAsTransformDoes(TrainerCase task, ActivationKind activation, NormalizationKind normalization)
    {
        ITransformer model = Fit(task, options => (options.HiddenLayers, options.Activation, options.Normalization, options.Residual) = ([8, 8], activation, normalization, true));

        byte[] file = Convert(model, new ConverterContext());

        // Sums in another order, and in layer normalization the variance of rows in one pass instead of two: 1e-5 of the largest score.
        foreach (int rows in new[] { 1, 7, 1024 })
        {
            AssertSame(task, model, file, rows, 1e-5);
        }
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverter_UsesOldOperatorsOnly()
    {
        ITransformer model = Fit(TrainerCase.Multiclass, options => (options.Activation, options.Normalization) = (ActivationKind.Gelu, NormalizationKind.LayerNorm));

        var graph = ModelProto.Parser.ParseFrom(Convert(model, new ConverterContext())).Graph;

        Assert.IsFalse(graph.Node.Any(node => node.OpType is "Gelu" or "LayerNormalization"));
        Assert.IsTrue(graph.Node.Any(node => node.OpType == "Gemm"), "the network must be there");
        Assert.IsTrue(graph.Node.Where(node => node.OpType == "ReduceMean").All(node => node.Attribute.Any(attribute => attribute.Name == "axes")));
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverterOfTooOldAnOpset_IsRefusedByIt()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => OnnxNetwork.Write(new ConverterContext { RequestedOpset = 8 }, ["Score"], "Features", (_, x) => [x]));

        StringAssert.Contains(error.Message, "Microsoft.ML.MixedPrecision's network's minimum OpSet version requirement: 9");
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverterOfUnknownOperator_NamesItAndWhatToDo()
    {
        var node = new NodeProto { OpType = "Mish", Name = "hidden.0.activation" };

        var error = Assert.ThrowsExactly<NotSupportedException>(() => new ConverterNodes(new ConverterContext()).Add(node, ["x"]));

        StringAssert.Contains(error.Message, "The network's 'hidden.0.activation' is the ONNX operator 'Mish'");
        StringAssert.Contains(error.Message, "Export with mlContext.MixedPrecision().Model.ExportToOnnx");
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverterOfFeaturesNamedAsAnOutput_IsRefused()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => OnnxNetwork.Write(new ConverterContext(), ["PredictedLabel", "Score"], "Score", (_, x) => [null, x]));

        StringAssert.Contains(error.Message, "The feature column 'Score' has the name of a column that the network makes");
    }

    [TestMethod]
    public void SaveAsOnnx_ToMLNetsConverter_HidesNoColumnOfTheData()
    {
        var context = new ConverterContext();
        string[] columns = ["Features", "features", "layer", "layer.weight", "Gemm", "Relu", "constant"];
        Array.ForEach(columns, column => context.AddInput(NumberDataViewType.Single, column));

        OnnxNetwork.Write(context, ["Score"], "Features", (writer, x) => [writer.Activation(writer.Linear(x, [2], [1], 1, 1, "layer"), ActivationKind.GeluErf, "Relu")]);

        CollectionAssert.AreEqual(columns, columns.Select(context.GetVariableName).ToArray());
    }

    private static ITransformer Fit(TrainerCase task, Action<MlpTrainerOptions> change)
        => task.Pipeline(Ml, options =>
        {
            options.Epochs = 3;
            change(options);
        }).Fit(Train);

    /// <summary>As ML.NET's SaveOnnxCommand: inputs for all columns of the data, the steps in order, and all visible columns as outputs.</summary>
    private static byte[] Convert(ITransformer model, ConverterContext context)
    {
        IDataView end = model.Transform(Train);
        var steps = new Stack<ITransformCanSaveOnnx>();
        for (IDataView view = end; view is IDataTransform transform; view = transform.Source)
        {
            var step = (ITransformCanSaveOnnx)transform;
            Assert.IsTrue(step.CanSaveOnnx(context), "else the converter leaves it out");
            steps.Push(step);
        }

        foreach (DataViewSchema.Column column in Train.Schema)
        {
            context.AddInput(column.Type, column.Name);
        }

        foreach (ITransformCanSaveOnnx step in steps)
        {
            step.SaveAsOnnx(context);
        }

        foreach (DataViewSchema.Column column in end.Schema.Where(column => !column.IsHidden))
        {
            string output = context.AddIntermediateVariable(column.Type, column.Name + ".output", skip: true);
            context.CreateNode("Identity", [context.GetVariableName(column.Name)], [output], context.GetNodeName("Identity"), "");
            context.AddOutput(column.Type, output);
        }

        return context.ToFile();
    }

    private static void AssertSame(TrainerCase task, ITransformer model, byte[] file, int rows, double tolerance)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(Sample.Rows(rows, seed: 4)), transformed = model.Transform(data);
        using var session = new InferenceSession(file);
        using var run = new RunOptions();
        string[] inputs = [.. session.InputNames], outputs = [.. task.Columns.Select(column => column + ".output")];
        OrtValue[] values = Array.ConvertAll(inputs, name => ColumnValues.Tensor(ColumnValues.Of(data, name), rows));
        using var results = session.Run(run, inputs, values, outputs);

        float largest = ScoredRows.ScoresOf(transformed).Max(row => row.Max(Math.Abs));
        for (int i = 0; i < outputs.Length; i++)
        {
            ColumnValues.AssertEqual(ColumnValues.Of(transformed, task.Columns[i]), ColumnValues.Of(results[i]), tolerance * Math.Max(1, largest), task.Columns[i]);
        }

        Array.ForEach(values, value => value.Dispose());
    }
}
