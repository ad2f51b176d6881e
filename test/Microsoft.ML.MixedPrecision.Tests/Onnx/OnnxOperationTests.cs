using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Rows of the operation table written as ONNX, run by ONNX Runtime, against the double-precision formula.</summary>
[TestClass]
public sealed class OnnxOperationTests
{
    private const int Rows = 9;

    /// <summary>All but those whose formula is that of training, and sequences (<see cref="OnnxSequenceTests"/>).</summary>
    public static IEnumerable<object[]> Cases
        => OperationTable.Rows
            .Where(row => !row.IsSequence && row.OpType != typeof(DropoutOp) && row.OpType != typeof(BatchNormOp))
            .Select(row => new object[] { row.Name });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void WriteOnnx_TableRow_GivesTheFormula(string name)
    {
        OperationRow row = OperationCheck.Row(name);
        var random = new Random(7);
        Parameter[] parameters = [.. row.Parameters.Select((shape, i) => new Parameter($"p{i}", shape.Rows, shape.Columns, decays: true))];
        foreach (Parameter parameter in parameters)
        {
            foreach (ref float value in parameter.Values.AsSpan())
            {
                value = (random.NextSingle() * 2) - 1;
            }
        }

        // In a file sparse rows have their zeros.
        int columns = row.Slots ?? row.Inputs;
        float[] x = [.. Enumerable.Range(0, Rows * columns).Select(i => row.Ids is { } ids ? random.Next(ids)
            : row.Draw is { } draw ? draw(random, i % row.Inputs)
            : (random.NextSingle() * 4) - 2)];
        double[][] expected = row.Reference(
            [.. x.Chunk(columns).Select(values => values.SelectMany(
                (value, slot) => row.Slots is null ? (double[])[value] : [slot, value]).ToArray())],
            [.. parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())]);

        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, OnnxArithmetic.Float32);
        OnnxValue features = graph.AddInput("x", row.Ids is null ? OnnxElementType.Float : OnnxElementType.Int64, columns);
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        Value input = row.Slots is not null ? PlanBuilder.Input("x", Shape.Vector(row.Inputs), ElementKind.Entry)
            : row.Ids is null
            ? PlanBuilder.Input("x", row.Inputs, NumericFormat.Float32)
            : PlanBuilder.Input("x", Shape.Vector(row.Inputs), ElementKind.Int32);
        plan.Finish(row.Build(plan, input, parameters));
        OnnxValue y = writer.Cast(plan.WriteOnnx(writer, new Dictionary<Value, OnnxValue> { [input] = features }), OnnxElementType.Float);
        graph.AddOutput(y, expected[0].Length);
        byte[] file = OnnxFiles.Finish(graph);
        float[] actual = row.Ids is null
            ? OnnxFiles.Run(file, x, Rows, y.Name)
            : OnnxFiles.Run(file, Array.ConvertAll(x, id => (long)id), Rows, y.Name);

        double[] all = [.. expected.SelectMany(values => values)];
        Assert.HasCount(all.Length, actual);
        for (int i = 0; i < all.Length; i++)
        {
            Assert.AreEqual(all[i], actual[i], 1e-5 * Math.Max(1, Math.Abs(all[i])) * OperationCheck.Depth(row), $"element {i}");
        }
    }
}
