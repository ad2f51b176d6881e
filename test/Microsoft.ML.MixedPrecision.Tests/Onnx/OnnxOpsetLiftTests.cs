using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Operators as ML.NET writes them for opset 12 must run, with the same meaning, in files of opset 20.</summary>
[TestClass]
public sealed class OnnxOpsetLiftTests
{
    [TestMethod]
    [DataRow("ReduceSum", 6f, 15f)]
    [DataRow("ReduceMean", 2f, 5f)]
    [DataRow("ReduceMax", 3f, 6f)]
    [DataRow("ReduceMin", 1f, 4f)]
    [DataRow("ReduceSumSquare", 14f, 77f)]
    [DataRow("ReduceL1", 6f, 15f)]
    [DataRow("ReduceProd", 6f, 120f)]
    public void Lift_OfReduction_MakesItsAxesAnInput(string operation, float first, float second)
    {
        float[] y = RunLifted(
            3,
            [1, 2, 3, 4, 5, 6],
            1,
            graph => graph.AddNode(operation, "n", ["x"], ["y"]).With("axes", [1L]).With("keepdims", 1L));

        CollectionAssert.AreEqual(new[] { first, second }, y);
    }

    [TestMethod]
    public void Lift_OfSqueezeAndUnsqueeze_MakesTheirAxesAnInput()
    {
        float[] y = RunLifted(1, [7, 8], 1, graph =>
        {
            graph.AddNode("Squeeze", "a", ["x"], ["flat"]).With("axes", [1L]);
            graph.AddNode("Unsqueeze", "b", ["flat"], ["y"]).With("axes", [1L]);
        });

        CollectionAssert.AreEqual(new float[] { 7, 8 }, y);
    }

    [TestMethod]
    public void Lift_OfSoftmaxWithoutAxis_NamesTheOldDefault()
    {
        var graph = new OnnxGraphBuilder();
        var node = graph.AddNode("Softmax", "n", ["x"], ["y"]);

        OnnxOpsetLift.Lift(graph, [node], "Step");

        Assert.AreEqual(1, node.Find("axis")!.I);
    }

    [TestMethod]
    public void Lift_OfUnknownOperator_IsRefusedWithTheStep()
    {
        var graph = new OnnxGraphBuilder();
        var node = graph.AddNode("Upsample", "n", ["x"], ["y"]);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => OnnxOpsetLift.Lift(graph, [node], "SomeTransformer"));

        StringAssert.Contains(error.Message, "SomeTransformer writes the ONNX operator 'Upsample'");
    }

    private static float[] RunLifted(int columns, float[] x, int outputColumns, Action<OnnxGraphBuilder> write)
    {
        var graph = new OnnxGraphBuilder();
        graph.AddInput("x", OnnxElementType.Float, columns);
        write(graph);
        OnnxOpsetLift.Lift(graph, [.. graph.Graph.Node], "Step");
        graph.AddOutput(new OnnxValue("y", OnnxElementType.Float), outputColumns);
        return OnnxFiles.Run(OnnxFiles.Finish(graph), x, x.Length / columns, "y");
    }
}
