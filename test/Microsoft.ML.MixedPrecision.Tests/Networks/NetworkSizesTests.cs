using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>What is read off a spec before memory is taken, and the specs that are refused there.</summary>
[TestClass]
public sealed class NetworkSizesTests
{
    private static readonly LayerSpec[] Output = [new LinearSpec("output", 2)];

    public static IEnumerable<object[]> Refused =>
    [
        .. Row(
            new NetworkSpec([new NumbersInput("x", 4, Scaling: FeatureScaling.Robust)], Numbers(4).Layers) with { Version = 4 },
            "is of version 4, but what is in it came with version 5"),
        .. Row(Numbers(4) with { Version = 7 }, "of version 7; this library reads versions 4 to 6"),
        .. Row(new([], Output), "has one input, which its first layer reads; this one has 0"),
        .. Row(new([new NumbersInput("a", 1), new NumbersInput("b", 1)], Output), "this one has 2"),
        .. Row(new([null!], Output), "The input is null"),
        .. Row(Numbers(4) with { Layers = [] }, "at least one layer; this one has none"),
        .. Row(Numbers(4) with { Layers = [null!] }, "A layer is null"),
        .. Row(Numbers(0), "'features' has 0 columns; it must have at least 1"),
        .. Row(Of(new NumbersInput("features", 4, Rows: 0)), "'features' has 0 rows; it must have at least 1"),
        .. Row(Of(new NumbersInput("features", 4, Rows: 6, Height: -1)), "'features' has -1 lines"),
        .. Row(Of(new NumbersInput("features", 4, Rows: 6, Height: 4)), "'features' has 6 rows, which 4 lines do not divide"),
        .. Row(Of(new NumbersInput("features", 4, Scaling: (FeatureScaling)7)), "scaling 7; it must be one of None, Standard"),
        .. Row(Of(new NumbersInput("features", 1 << 16, Rows: 1 << 16)), "Input 'features'", "4294967296 in all; an array holds at most"),
        .. Row(Of(new IdsInput("tokens", 0, 9)), "'tokens' has 0 rows"),
        .. Row(Of(new IdsInput("tokens", 9, 0)), "'tokens' has 0 entries of its vocabulary"),
        .. Row(Of(new IdsInput("tokens", 9, 50)), "Layer 'output' (Linear) reads numbers and gets 9 ids of 50"),
        .. Row(Numbers(4, new LinearSpec("a", 0)), "Layer 'a' (Linear) has 0 outputs; it must have at least 1"),
        .. Row(Numbers(4, new LinearSpec("a", -3)), "Layer 'a' (Linear) has -3 outputs"),
        .. Row(Numbers(4, new LinearSpec("a", int.MaxValue)), "Layer 'a' (Linear) gives 2147483647 numbers", "Use narrower layers"),
        .. Row(Numbers(1 << 16, new LinearSpec("a", 1 << 15)), "needs 'a.weight' of 32768 × 65536 numbers, 2147483648 in all"),
        .. Row(Of(new NumbersInput("steps", 1, Rows: 1 << 16), new LinearSpec("a", 1 << 15)), "Layer 'a' (Linear) gives (65536, 32768)"),
        .. Row(Numbers(4, new ActivationSpec("a", ActivationKind.None)), "Layer 'a' (None) computes nothing"),
        .. Row(Numbers(4, new ActivationSpec("a", (ActivationKind)99)), "Layer 'a'", "99; it must be one of None, Relu, Gelu"),
        .. Row(Numbers(4, new DropoutSpec("a", float.NaN)), "Layer 'a' (Dropout NaN)", "at least 0 and below 1"),
        .. Row(Numbers(4, new DropoutSpec("a", 1f)), "Layer 'a' (Dropout 1)", "at least 0 and below 1"),
        .. Row(Numbers(4, new DropoutSpec("a", -0.1f)), "Layer 'a' (Dropout -0.1)", "at least 0 and below 1"),
        .. Row(Numbers(4, new ResidualSpec("a", [])), "Layer 'a' (Residual) has no layers"),
        .. Row(Numbers(4, new ResidualSpec("a", [new LinearSpec("b", 5)])), "'a' (Residual) adds its input of 4 numbers to 5 numbers"),
        .. Row(Numbers(4, new ResidualSpec("a", [new LinearSpec("b", 0)])), "Layer 'b' (Linear) has 0 outputs"),
        .. Row(Numbers(4, new LayerNormSpec("output")), "The name 'output' comes twice"),
        .. Row(Numbers(4, new ResidualSpec("a", [new LayerNormSpec("a")])), "The name 'a' comes twice"),
        .. Row(Numbers(4, new LayerNormSpec("features")), "The name 'features' comes twice"),
        .. Row(Numbers(4, new LayerNormSpec("")), "'' cannot be the name of a layer", "1 to 128 characters"),
        .. Row(Numbers(4, new LayerNormSpec("größe")), "'größe' cannot be the name of a layer", "letters from a to z"),
        .. Row(Numbers(4, new LayerNormSpec(new string('a', 129))), "cannot be the name of a layer", "1 to 128 characters"),
        .. Row(Numbers(4, Nested(17)), "stand in one another 17 deep; at most 16 may"),
        .. Row(
            Numbers(4, [.. Enumerable.Range(0, 1 << 16).Select(i => new DropoutSpec($"d{i}", 0.5f))]),
            "at most 65536 layers"),
    ];

    [TestMethod]
    [DynamicData(nameof(Refused))]
    internal void Of_WhatIsNoNetwork_SaysWhatAndWhatIsAllowed(string name, NetworkSpec spec, string[] expected)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();

        string message = Assert.ThrowsExactly<InvalidDataException>(() => new Network(spec), name).Message;

        foreach (string part in expected)
        {
            StringAssert.Contains(message, part);
        }

        Assert.IsLessThan(64 << 20, GC.GetAllocatedBytesForCurrentThread() - before, "nothing is made of it");
    }

    [TestMethod]
    public void Of_ANetwork_AreTheSizesOfWhatIsMade()
    {
        NetworkSpec spec = Of(
            new NumbersInput("features", 6, Scaling: FeatureScaling.Standard),
            new ResidualSpec("block", [new LinearSpec("wide", 11), new BatchNormSpec("norm"), new LinearSpec("back", 6)]),
            new ActivationSpec("act", ActivationKind.Tanh));
        var network = new Network(spec);
        var sizes = new NetworkSizes(spec);

        // wide 11·6 + 11, norm 4·11, back 6·11 + 6, output 2·6 + 2, and shift and factor of 6 features.
        Assert.AreEqual(4 * (77 + 44 + 72 + 14 + 12), sizes.Bytes);
        Assert.AreEqual(sizes.Bytes, network.Saved.Sum(matrix => matrix.Values.Length * sizeof(float)));
        Assert.AreEqual(11, sizes.Widest);
        Assert.AreEqual((6, 2, 11), (network.Inputs, network.Outputs, network.Widest));
        Assert.AreEqual("wide norm back block act output", string.Join(' ', sizes.Layers.Select(layer => layer.Spec.Name)));
    }

    /// <summary>The largest that is allowed, so that the limits are those that messages name.</summary>
    [TestMethod]
    public void Of_ASpecAtTheLimits_IsANetwork()
    {
        new Network(Numbers(4, Nested(16))).Initialize(1);
        LayerSpec[] most = [.. Enumerable.Range(0, (1 << 16) - 2).Select(i => new DropoutSpec($"d{i}", 0.5f))];

        Assert.HasCount((1 << 16) - 1, new NetworkSizes(Numbers(4, most)).Layers);
        Assert.HasCount(2, new Network(Numbers(1, new LayerNormSpec(new string('a', 128)))).Parameters.Take(2));
    }

    private static ResidualSpec Nested(int depth)
        => depth == 2 ? new ResidualSpec("r2", [new LinearSpec("inner", 4)]) : new ResidualSpec($"r{depth}", [Nested(depth - 1)]);

    private static NetworkSpec Numbers(int columns, params LayerSpec[] layers) => Of(new NumbersInput("features", columns), layers);

    private static NetworkSpec Of(InputSpec input, params LayerSpec[] layers) => new([input], [.. layers, .. Output]);

    private static IEnumerable<object[]> Row(NetworkSpec spec, params string[] expected) => [[expected[0], spec, expected]];
}
