using System.Text;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>A network's JSON: what it looks like, and what is refused.</summary>
[TestClass]
public sealed class NetworkSpecJsonTests
{
    private const string Input = """{"input":"numbers","name":"x","columns":4,"rows":1}""";
    private const string Layer = """{"layer":"linear","name":"a","outputs":3}""";

    public static IEnumerable<object[]> Inputs =>
    [
        [new NumbersInput("x", 4), """{"input":"numbers","name":"x","columns":4,"rows":1}""", "4 numbers", Shape.Vector(4)],
        [
            new NumbersInput("x", 4, Scaling: FeatureScaling.Standard),
            """{"input":"numbers","name":"x","columns":4,"rows":1,"scaling":"Standard"}""",
            "4 numbers scaled (Standard)",
            Shape.Vector(4)],
        [
            new NumbersInput("x", 4, Scaling: FeatureScaling.Robust, Missing: MissingValues.ImputeAndIndicate),
            """{"input":"numbers","name":"x","columns":4,"rows":1,"scaling":"Robust","missing":"ImputeAndIndicate"}""",
            "4 numbers with gaps filled scaled (Robust)",
            Shape.Vector(4)],
        [new NumbersInput("x", 3, 50), """{"input":"numbers","name":"x","columns":3,"rows":50}""", "50 x 3 numbers", new Shape(50, 3)],
        [
            new NumbersInput("x", 3, 28 * 30, 28),
            """{"input":"numbers","name":"x","columns":3,"rows":840,"height":28}""",
            "28 x 30 x 3 numbers",
            Shape.Image(28, 30, 3)],
        [new IdsInput("t", 128, 8000), """{"input":"ids","name":"t","rows":128,"vocabulary":8000}""", "128 ids of 8000", new Shape(128, 1)],
    ];

    public static IEnumerable<object[]> Refused =>
    [
        ["no object", "[]", "malformed"],
        ["null", "null", "is null"],
        ["no JSON", "{\"version\":4", "malformed"],
        ["more behind it", Of(Input, Layer) + "1", "malformed"],
        ["comment", Of(Input, Layer + "/* */"), "malformed"],
        ["no layers", """{"version":4,"inputs":[]}""", "layers"],
        ["layers are null", """{"version":4,"inputs":[],"layers":null}""", "layers"],
        ["version comes twice", Of(Input, Layer)[..^1] + ",\"version\":4}", "version"],
        ["more than a spec", Of(Input, Layer)[..^1] + ",\"more\":1}", "more"],
        ["unknown layer", Of(Input, """{"layer":"conv9","name":"a"}"""), "'conv9'"],
        ["unknown input", Of("""{"input":"sounds","name":"a"}""", Layer), "'sounds'"],
        ["layer without a kind", Of(Input, """{"name":"a","outputs":3}"""), "begins with \"layer\" and one of activation, attention"],
        ["kind is a number", Of(Input, """{"layer":1,"name":"a"}"""), "malformed"],
        ["layer without a size", Of(Input, """{"layer":"linear","name":"a"}"""), "outputs"],
        ["layer without a name", Of(Input, """{"layer":"linear","outputs":3}"""), "name"],
        ["name is null", Of(Input, """{"layer":"linear","name":null,"outputs":3}"""), "name"],
        ["more in a layer", Of(Input, """{"layer":"linear","name":"a","outputs":3,"bias":false}"""), "bias"],
        ["size twice", Of(Input, """{"layer":"linear","name":"a","outputs":3,"outputs":4}"""), "outputs"],
        ["size beyond Int32", Of(Input, """{"layer":"linear","name":"a","outputs":2147483648}"""), "outputs"],
        ["size is text", Of(Input, """{"layer":"linear","name":"a","outputs":"3"}"""), "outputs"],
        ["size is broken", Of(Input, """{"layer":"linear","name":"a","outputs":3.5}"""), "outputs"],
        ["rate is a word", Of(Input, """{"layer":"dropout","name":"a","rate":"NaN"}"""), "rate"],
        ["function is a number", Of(Input, """{"layer":"activation","name":"a","function":1}"""), "function"],
        ["function is unknown", Of(Input, """{"layer":"activation","name":"a","function":"Swish"}"""), "function"],
        ["function is two", Of(Input, """{"layer":"activation","name":"a","function":"Relu, Gelu"}"""), "function"],
        ["function is empty", Of(Input, """{"layer":"activation","name":"a","function":""}"""), "function"],
        ["function is null", Of(Input, """{"layer":"activation","name":"a","function":null}"""), "function"],
        ["inner layers are null", Of(Input, """{"layer":"residual","name":"a","layers":null}"""), "layers"],
        ["nested deeply", Of(Input, string.Concat(Enumerable.Repeat("""{"layer":"residual","name":"a","layers":[""", 10000))), "depth"],
        ["what follows from the spec", Of(Input, Layer)[..^1] + ",\"scaling\":\"None\"}", "scaling"],
        ["what follows from a layer", Of(Input, """{"layer":"linear","name":"a","outputs":3,"kind":"Linear"}"""), "kind"],
    ];

    [TestMethod]
    [DynamicData(nameof(Inputs))]
    internal void Json_OfAnInput_IsAsDocumentedAndReadBack(InputSpec input, string json, string text, Shape shape)
    {
        byte[] written = NetworkSpecJson.Write(new NetworkSpec([input], [new LinearSpec("a", 3)]));
        NetworkSpec read = NetworkSpecJson.Read(written);

        Assert.AreEqual(Of(json, Layer), Encoding.UTF8.GetString(written));
        Assert.AreEqual(input, read.Inputs[0]);
        Assert.AreEqual(text, read.Inputs[0].ToString());
        Assert.AreEqual(shape, read.Inputs[0].Output().Shape);
        Assert.AreEqual(input is IdsInput, read.Inputs[0].Output().Vocabulary is not null);
        CollectionAssert.AreEqual(written, NetworkSpecJson.Write(read));
    }

    /// <summary>Lists are not compared by their numbers, unlike the rest of a record.</summary>
    [TestMethod]
    public void Json_OfIndicators_IsAsDocumentedAndReadBack()
    {
        const string Json = """{"input":"numbers","name":"x","columns":4,"rows":1,"missing":"ImputeAndIndicate","indicated":[0,3]}""";
        var input = new NumbersInput("x", 4, Missing: MissingValues.ImputeAndIndicate, Indicated: [0, 3]);

        byte[] written = NetworkSpecJson.Write(new NetworkSpec([input], [new LinearSpec("a", 3)]));
        NetworkSpec read = NetworkSpecJson.Read(written);

        Assert.AreEqual(Of(Json, Layer), Encoding.UTF8.GetString(written));
        CollectionAssert.AreEqual(written, NetworkSpecJson.Write(read));
        Assert.AreEqual("4 numbers with gaps filled and 2 indicators of gaps", read.Inputs[0].ToString());
        Assert.AreEqual(Shape.Vector(6), read.Inputs[0].Output().Shape);
        Assert.AreEqual((6, 4), (new NetworkSizes(read).Input.Shape.Columns, new Network(read).Inputs));
        Assert.AreEqual(new NetworkSizes(read).Bytes, new Network(read).Saved.Sum(matrix => matrix.Values.Length * sizeof(float)));
    }

    [TestMethod]
    [DynamicData(nameof(Refused))]
    public void Read_OfWhatIsNoSpec_SaysWhat(string what, string json, string expected)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => NetworkSpecJson.Read(Encoding.UTF8.GetBytes(json)), what);

        StringAssert.Contains(error.Message, expected, what);
    }

    /// <summary>Beyond Float32, so that it is read as infinite; a null, which no annotation keeps out of a list.</summary>
    [TestMethod]
    [DataRow("""{"layer":"dropout","name":"a","rate":1e99}""")]
    [DataRow("null")]
    public void Read_OfValuesThatJsonAllows_IsRefusedByTheNetwork(string layer)
    {
        NetworkSpec spec = NetworkSpecJson.Read(Encoding.UTF8.GetBytes(Of(Input, layer)));

        Assert.ThrowsExactly<InvalidDataException>(() => new NetworkSizes(spec));
    }

    /// <summary>What a network at the limits writes must be read again: 16 deep, and a layer at most 256 bytes.</summary>
    [TestMethod]
    public void Write_OfTheLargestSpec_IsRead()
    {
        LayerSpec layer = new ActivationSpec(new string('a', 128), ActivationKind.GeluErf);
        int one = NetworkSpecJson.Write(new NetworkSpec([new NumbersInput("x", 4)], [layer])).Length;
        int two = NetworkSpecJson.Write(new NetworkSpec([new NumbersInput("x", 4)], [layer, layer])).Length;
        for (int depth = 2; depth <= SpecLimits.MostDepth; depth++)
        {
            layer = new ResidualSpec($"r{depth}", [layer]);
        }

        var spec = new NetworkSpec([new NumbersInput("x", 4)], [layer]);
        Assert.AreEqual($"{spec}", $"{NetworkSpecJson.Read(NetworkSpecJson.Write(spec))}");
        Assert.IsLessThan(SpecLimits.MostBytes / SpecLimits.MostLayers, two - one);
    }

    /// <summary>Of version 5 where it has what version 4 had not.</summary>
    private static string Of(string input, string layer)
    {
        int version = input.Contains("Robust", StringComparison.Ordinal) || input.Contains("missing", StringComparison.Ordinal) ? 5 : 4;
        return $"{{\"version\":{version},\"inputs\":[{input}],\"layers\":[{layer}]}}";
    }
}
