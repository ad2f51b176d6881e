using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Tests.Precision;

/// <summary>The constants of each preset, as their owners publish them, and the measured scale.</summary>
[TestClass]
public sealed class LossScaleRuleTests
{
    [TestMethod]
    [DataRow("dynamic", 65536f, 2000, 1, 1f, 16777216f)]
    [DataRow("auto", 65536f, 2000, 1, 1f, 16777216f)]
    [DataRow("pytorch", 65536f, 2000, 1, 0f, float.MaxValue)]
    [DataRow("keras", 32768f, 2000, 1, 0f, float.PositiveInfinity)]
    [DataRow("apex", 65536f, 2000, 1, 0f, 16777216f)]
    [DataRow("deepspeed", 65536f, 1000, 2, 1f, float.PositiveInfinity)]
    public void Resolve_Preset_HasItsConstants(string name, float initial, int interval, int hysteresis, float min, float max)
    {
        LossScaleRule rule = LossScaling.Parse(name).Resolve(PrecisionPolicy.MixedFloat16);

        var kind = name == "deepspeed" ? LossScaleKind.DeepSpeed : LossScaleKind.Dynamic;
        Assert.AreEqual(new LossScaleRule(kind, initial, 2, 0.5f, interval, hysteresis, min, max), rule);
    }

    [TestMethod]
    [DataRow(1f, 4096f)]
    [DataRow(0.25f, 16384f)]
    [DataRow(8188f, 0.5f)]
    [DataRow(8187.9995f, 1f)]
    [DataRow(1e-3f, 4194304f)]
    [DataRow(0f, 16777216f)]
    [DataRow(1e-30f, 16777216f)]
    public void Measured_LargestGradient_IsTheLargestPowerOfTwoBelowTheLimit(float largestGradient, float expected)
    {
        LossScaleRule rule = LossScaleRule.Measured(largestGradient);

        Assert.AreEqual(expected, rule.InitialScale);
        Assert.AreEqual(expected, LossScaleState.Initial(rule).Scale);
    }

    /// <summary>A measured scale never grows, and falls sixteen times at least: 2¹⁶ to 1, below that by 2⁻¹⁶.</summary>
    [TestMethod]
    [DataRow(0f, 1f)] // 2²⁴
    [DataRow(0.0625f, 1f)] // 65536
    [DataRow(1f, 0.0625f)] // 4096
    [DataRow(8188f, 1f / 131072)] // ½
    public void Measured_OverflowsAndGoodSteps_OnlyEverLowerIt(float largestGradient, float floor)
    {
        LossScaleRule rule = LossScaleRule.Measured(largestGradient);
        LossScaleState state = LossScaleState.Initial(rule);
        for (int step = 0; step < 10_000; step++)
        {
            state.Update(rule, nonFinite: false);
        }

        Assert.AreEqual(rule.InitialScale, state.Scale);
        state.Update(rule, nonFinite: true);
        Assert.AreEqual(rule.InitialScale / 2, state.Scale);
        for (int step = 0; step < 30; step++)
        {
            state.Update(rule, nonFinite: true);
        }

        Assert.AreEqual(floor, state.Scale);
        Assert.AreEqual(0, state.Growths);
    }

    [TestMethod]
    public void Measured_LargestFloat_StaysNormal()
    {
        float scale = LossScaleRule.Measured(float.MaxValue).InitialScale;

        Assert.IsTrue(float.IsNormal(scale));
        Assert.IsTrue((double)scale * float.MaxValue < 8188 && (double)scale * float.MaxValue >= 4094);
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(-1f)]
    public void Measured_GradientWithoutMeaning_Throws(float largestGradient)
        => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => LossScaleRule.Measured(largestGradient));

    [TestMethod]
    [DataRow("none", "float32", "none")]
    [DataRow("static(512)", "mixed_float16", "512, fixed")]
    [DataRow("measured", "mixed_float16", "measured by probe steps")]
    [DataRow("deepspeed", "mixed_float16", "65536, ×2 after 1000 good steps, ×0.5 after 2 overflows, from 1 to Infinity")]
    [DataRow("auto", "mixed_float16", "65536, ×2 after 2000 good steps, ×0.5 after 1 overflow, from 1 to 16777216")]
    public void ToString_Rule_ReadsAsASentence(string scaling, string policy, string expected)
        => Assert.AreEqual(expected, LossScaling.Parse(scaling).Resolve(PrecisionPolicy.Parse(policy)).ToString());
}
