using System.Text.Json;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Tests.Precision;

/// <summary>Choice, checks and text of <see cref="LossScaling"/>.</summary>
[TestClass]
public sealed class LossScalingTests
{
    public static IEnumerable<object[]> Scalings() =>
    [
        [LossScaling.Auto, "auto"],
        [LossScaling.None, "none"],
        [LossScaling.Static(1), "static(1)"],
        [LossScaling.Static(0.1f), "static(0.1)"],
        [LossScaling.Static(16777217), "static(16777216)"],
        [LossScaling.Measured(), "measured"],
        [LossScaling.Dynamic(), "dynamic(initialScale=65536, growthFactor=2, backoffFactor=0.5, growthInterval=2000, hysteresis=1, "
            + "minScale=1, maxScale=16777216)"],
        [LossScaling.Dynamic(3, 1.7f, 0.3f, 5, 4, 0.125f, 1e30f), "dynamic(initialScale=3, growthFactor=1.7, backoffFactor=0.3, "
            + "growthInterval=5, hysteresis=4, minScale=0.125, maxScale=1E+30)"],
        [LossScaling.PyTorch, "pytorch"],
        [LossScaling.Keras, "keras"],
        [LossScaling.Apex, "apex"],
        [LossScaling.DeepSpeed, "deepspeed"],
    ];

    [TestMethod]
    [DynamicData(nameof(Scalings))]
    public void Json_EachForm_RoundTripsAsItsText(LossScaling scaling, string text)
    {
        Assert.AreEqual(text, scaling.ToString());
        string json = JsonSerializer.Serialize(new Holder(scaling));
        LossScaling? back = JsonSerializer.Deserialize<Holder>(json)!.Scaling;

        Assert.AreEqual(text, JsonDocument.Parse(json).RootElement.GetProperty("Scaling").GetString());
        Assert.AreEqual(scaling, back);
        Assert.AreEqual(scaling.GetHashCode(), back!.GetHashCode());
        Assert.AreEqual(scaling.Resolve(PrecisionPolicy.Float32), back.Resolve(PrecisionPolicy.Float32));
    }

    [TestMethod]
    public void Equals_DifferentForms_AreDifferent()
    {
        LossScaling[] all = [
            .. Scalings().Select(row => (LossScaling)row[0]),
            LossScaling.Static(2),
            LossScaling.Dynamic(growthInterval: 1999)];

        Assert.AreEqual(all.Length, all.Distinct().Count());
        Assert.IsTrue(LossScaling.Static(4) == LossScaling.Static(4));
        Assert.IsTrue(LossScaling.Static(4) != LossScaling.Static(5));
        Assert.IsTrue(LossScaling.Auto != null);
        Assert.IsFalse(LossScaling.Auto.Equals("auto"));
    }

    [TestMethod]
    [DataRow(" PyTorch ", "pytorch")]
    [DataRow("DYNAMIC", "dynamic(initialScale=65536, growthFactor=2, backoffFactor=0.5, growthInterval=2000, hysteresis=1, minScale=1, "
        + "maxScale=16777216)")]
    [DataRow("dynamic( growthinterval = 500,initialScale=1024 )", "dynamic(initialScale=1024, growthFactor=2, backoffFactor=0.5, "
        + "growthInterval=500, hysteresis=1, minScale=1, maxScale=16777216)")]
    [DataRow("Static (1e3)", "static(1000)")]
    public void Parse_ShortOrLoose_FillsDefaults(string text, string expected)
        => Assert.AreEqual(expected, LossScaling.Parse(text).ToString());

    [TestMethod]
    [DataRow("", "is no loss scaling")]
    [DataRow("dynamc", "write auto, none, static(1024)")]
    [DataRow("static", "is no loss scaling")]
    [DataRow("auto(1)", "is no loss scaling")]
    [DataRow("static(x)", "'x' is no number")]
    [DataRow("static(0)", "positive and finite")]
    [DataRow("static(NaN)", "positive and finite")]
    [DataRow("dynamic(growthInterval=1.5)", "no whole number")]
    [DataRow("dynamic(growth=2)", "'growth' is no number of a dynamic loss scaling")]
    [DataRow("dynamic(hysteresis=1, hysteresis=2)", "is not one 'name=number'")]
    [DataRow("dynamic(2)", "is not one 'name=number'")]
    public void Parse_NotUnderstood_SaysWhatIsAllowed(string text, string part)
    {
        var error = Assert.Throws<ArgumentException>(() => LossScaling.Parse(text));
        var jsonError = Assert.ThrowsExactly<JsonException>(() => JsonSerializer.Deserialize<LossScaling>(JsonSerializer.Serialize(text)));

        StringAssert.Contains(error.Message, part);
        StringAssert.Contains(jsonError.Message, part);
    }

    public static IEnumerable<object[]> BadNumbers() =>
    [
        [() => LossScaling.Static(0), "scale"],
        [() => LossScaling.Static(-1), "scale"],
        [() => LossScaling.Static(float.PositiveInfinity), "scale"],
        [() => LossScaling.Static(float.NaN), "scale"],
        [() => LossScaling.Dynamic(initialScale: float.NaN), "initialScale"],
        [() => LossScaling.Dynamic(initialScale: 0.5f), "initialScale"],
        [() => LossScaling.Dynamic(initialScale: 33554432), "initialScale"],
        [() => LossScaling.Dynamic(growthFactor: 1), "growthFactor"],
        [() => LossScaling.Dynamic(growthFactor: float.PositiveInfinity), "growthFactor"],
        [() => LossScaling.Dynamic(growthFactor: float.NaN), "growthFactor"],
        [() => LossScaling.Dynamic(backoffFactor: 0), "backoffFactor"],
        [() => LossScaling.Dynamic(backoffFactor: 1), "backoffFactor"],
        [() => LossScaling.Dynamic(backoffFactor: float.NaN), "backoffFactor"],
        [() => LossScaling.Dynamic(growthInterval: 0), "growthInterval"],
        [() => LossScaling.Dynamic(hysteresis: 0), "hysteresis"],
        [() => LossScaling.Dynamic(minScale: 0), "minScale"],
        [() => LossScaling.Dynamic(maxScale: float.PositiveInfinity), "maxScale"],
        [() => LossScaling.Dynamic(maxScale: float.NaN), "maxScale"],
        [() => LossScaling.Dynamic(minScale: 8, maxScale: 4, initialScale: 6), "initialScale"],
    ];

    [TestMethod]
    [DynamicData(nameof(BadNumbers))]
    public void Create_NumberOutOfRange_NamesIt(Func<LossScaling> create, string parameter)
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(create);

        Assert.AreEqual(parameter, error.ParamName);
        StringAssert.Contains(error.Message, "must");
    }

    [TestMethod]
    public void Create_NumbersAtTheEdge_AreAllowed()
    {
        LossScaling narrow = LossScaling.Dynamic(4, float.BitIncrement(1), float.BitDecrement(1), 1, 1, 4, 4);

        Assert.AreEqual(4f, narrow.Resolve(PrecisionPolicy.MixedFloat16).MinScale);
        Assert.AreEqual(float.Epsilon, LossScaling.Static(float.Epsilon).Resolve(PrecisionPolicy.O3).InitialScale);
    }

    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_bfloat16")]
    [DataRow("mixed_float16; MatrixProduct=BFloat16; Activation=Float32")]
    public void Resolve_PolicyWithoutFloat16_IsNoneForEveryScaling(string policy)
    {
        foreach (object[] row in Scalings())
        {
            Assert.AreEqual(LossScaleRule.None, ((LossScaling)row[0]).Resolve(PrecisionPolicy.Parse(policy)));
        }
    }

    [TestMethod]
    [DataRow("mixed_float16")]
    [DataRow("O3")]
    [DataRow("float32; layer hidden.*=Float16")]
    [DataRow("mixed_bfloat16; Activation=Float16")]
    public void Resolve_NoneWithFloat16_IsRefusedWithTheRemedy(string policy)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => LossScaling.None.Resolve(PrecisionPolicy.Parse(policy)));

        StringAssert.Contains(error.Message, policy);
        StringAssert.Contains(error.Message, "LossScaling.Static(1)");
    }

    [TestMethod]
    [DataRow("mixed_float16", "dynamic")]
    [DataRow("mixed_float16; weights=Plain", "dynamic")]
    [DataRow("float32; layer hidden.*=Float16", "dynamic")]
    [DataRow("O3", "static(1)")]
    [DataRow("O3; weights=Master", "static(1)")]
    public void Resolve_AutoWithFloat16_IsDynamicButOneUnderO3(string policy, string expected)
    {
        LossScaleRule rule = LossScaling.Auto.Resolve(PrecisionPolicy.Parse(policy));

        Assert.AreEqual(LossScaling.Parse(expected).Resolve(PrecisionPolicy.MixedFloat16), rule);
    }

    [TestMethod]
    public void Resolve_ExplicitScalerUnderO3_IsThatScaler()
        => Assert.AreEqual(LossScaleKind.DeepSpeed, LossScaling.DeepSpeed.Resolve(PrecisionPolicy.O3).Kind);

    [TestMethod]
    public void Resolve_AutoPolicy_ThrowsUntilTheDeviceIsKnown()
        => Assert.ThrowsExactly<InvalidOperationException>(() => LossScaling.Auto.Resolve(PrecisionPolicy.Auto));

    [TestMethod]
    public void IsExplicit_EachForm_IsFalseForAutoAndNoneOnly()
    {
        foreach (object[] row in Scalings())
        {
            Assert.AreEqual((string)row[1] is not ("auto" or "none"), ((LossScaling)row[0]).IsExplicit);
        }
    }

    private sealed record Holder(LossScaling? Scaling);
}
