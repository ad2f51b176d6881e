using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>The graph, its frame, and what is pruned.</summary>
[TestClass]
public sealed class OnnxGraphTests
{
    [TestMethod]
    public void Prune_OfNodesInputsAndConstantsThatNoOutputNeeds_KeepsTheRest()
    {
        var graph = new OnnxGraphBuilder();
        var a = graph.AddInput("a", OnnxElementType.Float, 1);
        var label = graph.AddInput("label", OnnxElementType.Float, 1);
        var one = graph.AddInitializer(OnnxTensors.Wrap("one", OnnxElementType.Float, new[] { 1f }, 1));
        var two = graph.AddInitializer(OnnxTensors.Wrap("two", OnnxElementType.Float, new[] { 2f }, 1));
        var (_, y) = graph.AddOperator("Add", "y", OnnxElementType.Float, a, one);
        graph.AddOperator("Add", "z", OnnxElementType.Float, label, two);
        graph.AddOutput(y, 1);

        OnnxGraphPruner.Prune(graph.Graph);

        Assert.AreEqual("a", graph.Graph.Input.Single().Name);
        Assert.AreEqual("one", graph.Graph.Initializer.Single().Name);
        Assert.AreEqual("y", graph.Graph.Node.Single().Name);
    }

    [TestMethod]
    public void Names_ThatAreTaken_GetANumber()
    {
        var graph = new OnnxGraphBuilder();

        Assert.AreEqual("x", graph.ReserveValueName("x"));
        Assert.AreEqual("x_1", graph.ReserveValueName("x"));
        Assert.AreEqual("Cast", graph.AddNode("Cast", "Cast", [], []).Name);
        Assert.AreEqual("Cast_1", graph.AddNode("Cast", "Cast", [], []).Name);
    }

    [TestMethod]
    public void Create_WithTheKeyThatSetsRuntimeOptions_IsRefused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => OnnxModelFile.Create(new OnnxGraphBuilder(), "", [new("ort_config", "{}")]));

        StringAssert.Contains(error.Message, "'ort_config'");
    }

    [TestMethod]
    public void Create_NamesTheMachineLearningDomainOnlyWhereItIsUsed()
    {
        var graph = new OnnxGraphBuilder();
        Assert.AreEqual("", OnnxModelFile.Create(graph, "", []).OpsetImport.Single().Domain);
        graph.AddNode("Scaler", "s", ["x"], ["y"], OnnxGraphBuilder.MachineLearningDomain);

        var model = OnnxModelFile.Create(graph, "what it is", [new("key", "value")]);

        Assert.AreEqual("=20, ai.onnx.ml=3", string.Join(", ", model.OpsetImport.Select(opset => $"{opset.Domain}={opset.Version}")));
        Assert.AreEqual(9, model.IrVersion);
        Assert.AreEqual("Microsoft.ML.MixedPrecision", model.ProducerName);
        Assert.AreEqual("what it is", model.DocString);
        Assert.AreEqual("value", model.MetadataProps.Single().Value);
    }

    [TestMethod]
    public void Wrap_OfAnArray_WritesItsPresentBytesWithoutACopy()
    {
        var values = new[] { 1f, 2f };
        var tensor = OnnxTensors.Wrap("w", OnnxElementType.Float, values, 2);
        values[1] = 3f;

        var read = TensorProto.Parser.ParseFrom(tensor.ToByteArray());

        CollectionAssert.AreEqual(new byte[] { 0, 0, 0x80, 0x3F, 0, 0, 0x40, 0x40 }, read.RawData.ToByteArray());
    }

    [TestMethod]
    public void Wrap_WithAnotherShape_IsRefused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => OnnxTensors.Wrap("w", OnnxElementType.Float, new float[5], 2, 3));

        StringAssert.Contains(error.Message, "'w' has 5 values but the shape (2, 3), which holds 6");
    }
}
