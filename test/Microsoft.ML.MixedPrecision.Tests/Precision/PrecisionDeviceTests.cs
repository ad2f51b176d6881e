using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Tests.Precision;

/// <summary>What <c>auto</c> becomes on each device, and which wishes a device refuses.</summary>
[TestClass]
public sealed class PrecisionDeviceTests
{
    private static readonly PrecisionDevice Turing = new(IsCuda: true, 7, 5);

    [TestMethod]
    [DataRow(0, 0, "float32")]
    [DataRow(6, 1, "float32")]
    [DataRow(7, 0, "mixed_float16")]
    [DataRow(7, 5, "mixed_float16")]
    [DataRow(8, 0, "mixed_bfloat16")]
    [DataRow(8, 9, "mixed_bfloat16")]
    [DataRow(9, 0, "mixed_bfloat16")]
    [DataRow(12, 0, "mixed_bfloat16")]
    public void Resolve_Auto_ChoosesByComputeCapability(int major, int minor, string expected)
    {
        var device = new PrecisionDevice(major > 0, major, minor);

        Assert.AreEqual(PrecisionPolicy.Parse(expected), PrecisionPolicy.Auto.Resolve(device));
    }

    [TestMethod]
    public void Resolve_AutoWithWishes_KeepsThem()
    {
        PrecisionPolicy policy = PrecisionPolicy.Auto.WithLayer("head", NumericFormat.Float32).WithWeightUpdate(WeightUpdate.Plain);

        Assert.AreEqual("mixed_float16; layer head=Float32; weights=Plain", policy.Resolve(Turing).ToString());
    }

    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    [DataRow("O3")]
    public void Resolve_OnTheCpu_EveryPolicyStays(string text)
    {
        var policy = PrecisionPolicy.Parse(text);

        Assert.AreSame(policy, policy.Resolve(PrecisionDevice.Cpu));
    }

    [TestMethod]
    [DataRow("mixed_bfloat16", "BFloat16")]
    [DataRow("tensorfloat32", "TensorFloat32")]
    [DataRow("mixed_float16; layer hidden.*=BFloat16", "BFloat16")]
    [DataRow("auto; Activation=BFloat16", "BFloat16")]
    public void Resolve_FormatThatTuringLacks_SaysWhatItHas(string text, string format)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => PrecisionPolicy.Parse(text).Resolve(Turing));

        StringAssert.Contains(error.Message, $"'{text}' uses {format}, but the device is a GPU of compute capability 7.5, which has "
            + $"Float32 and Float16");
    }

    [TestMethod]
    [DataRow("mixed_bfloat16")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    public void Resolve_OnAmpere_EveryFormatRuns(string text)
        => Assert.AreEqual(text, PrecisionPolicy.Parse(text).Resolve(new PrecisionDevice(IsCuda: true, 8, 0)).Name);

    [TestMethod]
    public void Auto_BeforeTheDeviceIsKnown_HasNoFormat()
    {
        Assert.IsTrue(PrecisionPolicy.Auto.IsAuto);
        Assert.IsFalse(PrecisionPolicy.Auto.Resolve(PrecisionDevice.Cpu).IsAuto);
        Assert.ThrowsExactly<InvalidOperationException>(() => PrecisionPolicy.Auto.ComputeFormat);
        Assert.ThrowsExactly<InvalidOperationException>(() => PrecisionPolicy.Auto.Decide(OperationKind.MatrixProduct, "x"));
    }
}
