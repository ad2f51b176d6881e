using System.Text;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Layers;

/// <summary>Layers as data, by <see cref="LayerRow"/>: their JSON, and that they are what they say before they are made.</summary>
[TestClass]
public sealed class LayerSpecTests
{
    public static IEnumerable<object[]> Rows => LayerRow.All.Select(row => (object[])[row]);

    /// <summary>A new layer needs its row; this is how it is missed. A tied layer reads another's weights, so that it is no network alone:
    /// GptGoldenTests have it.</summary>
    [TestMethod]
    public void Kinds_OfTheRecordList_EachHaveARow()
    {
        Type[] listed = [
            .. typeof(LayerSpec).GetCustomAttributes(typeof(JsonDerivedTypeAttribute), inherit: false)
                .Select(kind => ((JsonDerivedTypeAttribute)kind).DerivedType)];
        Type[] written = [.. typeof(LayerSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(LayerSpec)))];

        CollectionAssert.AreEquivalent(written, listed);
        CollectionAssert.AreEquivalent(
            written.Where(type => type != typeof(TiedLinearSpec)).ToArray(),
            LayerRow.All.Select(row => row.Spec.GetType()).Distinct().ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    internal void Json_OfALayer_IsAsDocumentedAndReadBack(LayerRow row)
    {
        string before = $$"""{"version":{{row.Spec.SinceVersion}},"inputs":[""" + (row.Levels is { } levels
            ? """{"input":"numbers","name":"x","columns":6,"rows":1,"categories":[""" + string.Join(',', levels) + "]}"
            : row.IsSparse ? """{"input":"numbers","name":"x","columns":6,"rows":1,"isSparse":true}"""
            : row.Vocabulary is null ? """{"input":"numbers","name":"x","columns":6,"rows":1}"""
            : $$"""{"input":"{{(row.IsSequence ? "tokens" : "ids")}}","name":"x","rows":7,"vocabulary":50}""") + """],"layers":[""";
        byte[] written = NetworkSpecJson.Write(Network(row));

        Assert.AreEqual(before + row.Json + "]}", Encoding.UTF8.GetString(written));
        Assert.AreEqual(row.Text, NetworkSpecJson.Read(written).Layers[0].ToString());
        CollectionAssert.AreEqual(written, NetworkSpecJson.Write(NetworkSpecJson.Read(written)));
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    internal void Output_OfAnyShape_IsWhatThePlanGets(LayerRow row)
    {
        foreach (SpecValue input in row.Inputs)
        {
            SpecValue output = row.Spec.Output(input);
            Value x = input.IsSparse ? PlanBuilder.Input("x", Shape.Vector(2), ElementKind.Entry)
                : input.Vocabulary is null
                ? PlanBuilder.Input("x", input.Shape, NumericFormat.Float32)
                : PlanBuilder.Input("x", input.Shape, ElementKind.Int32);

            // Means over members stand in scoring alone: in training a loss measures each member.
            var plan = new PlanBuilder(PrecisionPolicy.Float32, training: row.Spec is not MemberMeanSpec)
            {
                Ends = PlanBuilder.Input("ends", Shape.Vector(1), ElementKind.Int32),
            };
            int rows = row.Rows(input.Shape.Rows);
            Shape shape = rows == input.Shape.Rows ? input.Shape.WithColumns(row.Columns) : new Shape(rows, row.Columns);

            Assert.AreEqual(new SpecValue(shape), output);
            Assert.AreEqual(output.Shape, plan.Finish(row.Spec.Create(input).Build(plan, x)).Shape);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    internal void Stored_OfALayer_IsWhatItMakes(LayerRow row)
    {
        var sizes = new NetworkSizes(Network(row));
        StoredShape[] stored = [.. sizes.Layers.SelectMany(layer => layer.Stored)];
        Layer made = row.Spec.Create(sizes.Input);

        Assert.AreEqual(
            row.Stored,
            string.Join(", ", stored.Select(matrix => $"{matrix.Name} {matrix.Rows} {matrix.Columns}{(matrix.IsState ? "*" : "")}")));
        CollectionAssert.AreEquivalent(
            stored.Select(matrix => (matrix.Name, matrix.Rows, matrix.Columns, matrix.IsState)).ToArray(),
            made.Parameters.Concat<StoredMatrix>(made.States)
                .Select(matrix => (matrix.Name, matrix.Rows, matrix.Columns, matrix is LayerState)).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    internal void Output_OfTheOtherKind_IsRefused(LayerRow row)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => row.Spec.Output(row.Refused));

        StringAssert.Contains(error.Message, $"Layer '{row.RefusedBy}'");
        StringAssert.Contains(
            error.Message,
            row.IsSparse ? "reads sparse numbers and gets (7, 1) numbers"
                : row.Levels is not null ? "reads categories and gets (7, 1) numbers"
                : row.Vocabulary is null ? "reads numbers and gets 7 ids of 100" : "reads ids and gets (7, 1) numbers");
    }

    /// <summary>A product over numbers of categories would be nonsense.</summary>
    [TestMethod]
    public void Output_OfCategoriesForALayerOfNumbers_IsRefused()
        => StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => new LinearSpec("a", 4).Output(
                new SpecValue(Shape.Vector(6), Categories: new CategoryColumns(4, [3, 20])))).Message,
            "reads numbers and gets 6 numbers, 2 of them categories");

    [TestMethod]
    [DataRow(0f, "0")]
    [DataRow(-1e-5f, "-1E-05")]
    [DataRow(9e-13f, "9E-13")]
    [DataRow(0.011f, "0.011")]
    [DataRow(float.NaN, "NaN")]
    [DataRow(float.PositiveInfinity, "Infinity")]
    public void LayerNorm_OfAnEpsilonOutOfRange_IsRefused(float epsilon, string text)
        => Assert.AreEqual(
            $"Layer 'n' (LayerNorm) has the ε {text}; it must be from 1E-12 to 0.01, or left out for 1E-05.",
            Assert.ThrowsExactly<InvalidDataException>(
                () => new LayerNormSpec("n", epsilon).Output(new SpecValue(Shape.Vector(6)))).Message);

    /// <summary>Both ends are allowed, and files that say an ε are of the version that knows it.</summary>
    [TestMethod]
    [DataRow(null, 4)]
    [DataRow(1e-12f, 6)]
    [DataRow(1e-2f, 6)]
    public void LayerNorm_OfAnEpsilonInRange_SaysTheVersionThatHoldsIt(float? epsilon, int version)
    {
        var spec = new LayerNormSpec("n", epsilon);

        Assert.AreEqual(new SpecValue(Shape.Vector(6)), spec.Output(new SpecValue(Shape.Vector(6))));
        Assert.AreEqual(version, spec.SinceVersion);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(50)]
    public void Embedding_OfASeparatorThatIsNoId_IsRefused(int separator)
        => Assert.AreEqual(
            $"Layer 'e' (Embedding) has the separator id {separator}; it must be one of the ids from 0 to 49, or none.",
            Assert.ThrowsExactly<InvalidDataException>(
                () => new EmbeddingSpec("e", 3, Separator: separator).Output(new SpecValue(Shape.Sequence(7, 1), 50))).Message);

    /// <summary>Where examples are filled up to one number of ids nobody knows their ends.</summary>
    [TestMethod]
    public void Embedding_OfASeparatorInIdsThatAreNoSequence_IsRefused()
        => Assert.AreEqual(
            "Layer 'e' (Embedding) tells tokens apart by a separator and gets 7 ids of 50, which are no sequence; put it behind an input "
                + "of tokens, or leave the separator out.",
            Assert.ThrowsExactly<InvalidDataException>(
                () => new EmbeddingSpec("e", 3, Separator: 7).Output(new SpecValue(new Shape(7, 1), 50))).Message);

    /// <summary>The ends are allowed, and files that say one are of the version that knows it.</summary>
    [TestMethod]
    [DataRow(null, 4)]
    [DataRow(0, 6)]
    [DataRow(49, 6)]
    public void Embedding_OfASeparatorInRange_SaysTheVersionThatHoldsIt(int? separator, int version)
    {
        var spec = new EmbeddingSpec("e", 3, Separator: separator);

        Assert.AreEqual(new SpecValue(Shape.Sequence(7, 3)), spec.Output(new SpecValue(Shape.Sequence(7, 1), 50)));
        Assert.AreEqual(version, spec.SinceVersion);
    }

    /// <summary>A file could say so: scoring would sum up the entries for the first member and pass over all the others.</summary>
    [TestMethod]
    public void Network_OfAnEnsembleOfSparseRows_IsRefused()
    {
        LayerSpec[] member = [new EmbeddingBagSpec("bag", 2), new LinearSpec("output", 1)];
        var spec = new NetworkSpec(
            [new NumbersInput("features", 6, IsSparse: true)], [new EnsembleSpec("bags", MemberMeanKind.Mean, [member])]);

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => new Network(spec)).Message,
            "Layer 'bags' (Ensemble) gets");
    }

    private static NetworkSpec Network(LayerRow row) => new([row.Input], [row.Spec]);
}
