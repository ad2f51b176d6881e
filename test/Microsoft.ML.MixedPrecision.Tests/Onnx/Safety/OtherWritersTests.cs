using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Safety;

/// <summary>What other writers put into files and ONNX Runtime takes: accepted, and run; and what is next to it, refused.</summary>
[TestClass]
public sealed class OtherWritersTests
{
    private const OnnxElementType Float = OnnxElementType.Float;
    private static readonly MLContext Ml = new();
    private static readonly IDataView Rows = Flower.Rows(Ml, 7);

    [TestMethod]
    [DataRow(-1L)]
    [DataRow(-7L)]
    [DataRow(long.MinValue)]
    public void ApplyOnnxModel_OfANegativeNumberOfRows_TakesAny(long dimension)
    {
        byte[] file = Sum(node => node.With("keepdims", 0L)).With(model => Dimensions(model)[0].DimValue = dimension).ToBytes();

        AssertSums(file);
    }

    [TestMethod]
    public void CheckOnnx_OfANegativeSizeBehindTheRows_SaysThatItIsNotFixed()
    {
        byte[] file = Sum(node => node.With("keepdims", 0L)).With(model => Dimensions(model)[1].DimValue = -1).ToBytes();

        AssertRefused(file, "dimension 1 ('') of the input 'Petal' is not fixed");
    }

    [TestMethod]
    public void CheckOnnx_OfNoRows_IsRefused()
        => AssertRefused(
            Sum(node => node.With("keepdims", 0L)).With(model => Dimensions(model)[0].DimValue = 0).ToBytes(),
            "dimension 0 of the input 'Petal' is 0");

    /// <summary>Else keepdims is 1, and the output (N, 1).</summary>
    [TestMethod]
    public void ApplyOnnxModel_OfAnAttributeWithoutAValue_TakesItAsZero()
    {
        byte[] file = Sum(
            node => node.Attribute.Add(new AttributeProto { Name = "keepdims", Type = AttributeProto.Types.AttributeType.Int })).ToBytes();

        AssertSums(file);
    }

    [TestMethod]
    public void CheckOnnx_OfATensorAttributeWithoutAValue_IsRefused()
    {
        byte[] file = Sum(node => node.With("keepdims", 0L))
            .Node(
                "Constant",
                "",
                "c",
                node => node.Attribute.Add(new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor }))
            .ToBytes();

        AssertRefused(file, "says that it is Tensor and holds nothing");
    }

    [TestMethod]
    public void ApplyOnnxModel_OfAnOutputThatNoRowChanges_LeavesItOutAndSaysSoIfItIsAskedFor()
    {
        byte[] file = Sum(node => node.With("keepdims", 0L))
            .Constant("names", Float, [1f, 2], 1, 2)
            .Node("Identity", "names", "info")
            .Output("info", Float, 1, 2)
            .ToBytes();

        AssertSums(file);

        CollectionAssert.AreEqual(new[] { "y" }, Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(file)).Outputs.ToArray());
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => Ml.MixedPrecision().Transforms.ApplyOnnxModel(
                file,
                new() { OutputColumns = new Dictionary<string, string> { ["info"] = "Info" } }));
        StringAssert.Contains(error.Message, "'info', which is none of the model's outputs of rows: 'y'");
    }

    [TestMethod]
    public void CheckOnnx_OfFeaturesOfDifferentNumbersOfRows_IsRefused()
    {
        byte[] file = Sum(node => node.With("keepdims", 0L))
            .Constant("c", Float, [1f, 2, 3], 3, 1)
            .MachineLearning("FeatureVectorizer", "Petal c", "z", node => node.With("inputdimensions", [2L, 1]))
            .ToBytes();

        AssertRefused(file, "its inputs have different numbers of rows (1024, 3)");
    }

    [TestMethod]
    public void CheckOnnx_OfADimensionBeyondTheLast_IsRefused()
    {
        byte[] file = Sum(node => node.With("keepdims", 0L))
            .Constant("axis", OnnxElementType.Int32, [4])
            .Node("ExpandDims", "Petal axis", "z", node => node.Domain = "com.microsoft")
            .ToBytes();

        AssertRefused(file, "axis 4 of a value with 3 dimensions does not exist");
    }

    /// <summary>y = a + b for a row (a, b).</summary>
    private static TestGraph Sum(Action<NodeProto> change)
        => new TestGraph().Input("Petal", Float, -1, 2)
            .Numbers("axes", 1)
            .Node("ReduceSum", "Petal axes", "y", change)
            .Output("y", Float, -1);

    private static Google.Protobuf.Collections.RepeatedField<TensorShapeProto.Types.Dimension> Dimensions(ModelProto model)
        => model.Graph.Input[0].Type.TensorType.Shape.Dim;

    private static void AssertSums(byte[] file)
    {
        IDataView result = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(Rows).Transform(Rows);

        float[] expected = [.. Ml.Data.CreateEnumerable<Flower>(Rows, reuseRowObject: false).Select(row => row.Petal[0] + row.Petal[1])];
        CollectionAssert.AreEqual(
            expected,
            Ml.Data.CreateEnumerable<Summed>(result, reuseRowObject: false, ignoreMissingColumns: true).Select(row => row.Y).ToArray());
    }

    private static void AssertRefused(byte[] file, string says)
    {
        var refusal = Assert.ThrowsExactly<OnnxModelRefusedException>(() => Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(file)));
        StringAssert.Contains(refusal.Message, says, StringComparison.Ordinal);
    }

    private sealed class Summed
    {
        [Microsoft.ML.Data.ColumnName("y")]
        public float Y { get; set; }
    }
}
