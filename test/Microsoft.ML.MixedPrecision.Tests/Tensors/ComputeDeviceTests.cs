using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

/// <summary>Names of devices.</summary>
[TestClass]
public sealed class ComputeDeviceTests
{
    [TestMethod]
    [DataRow("auto", "auto", true, -1)]
    [DataRow(" CPU ", "cpu", false, -1)]
    [DataRow("cuda", "cuda:0", false, 0)]
    [DataRow("CUDA:0", "cuda:0", false, 0)]
    [DataRow("cuda:17", "cuda:17", false, 17)]
    [DataRow("cuda:007", "cuda:7", false, 7)]
    [DataRow("gpu", "cuda:0", false, 0)]
    [DataRow("GPU:1", "cuda:1", false, 1)]
    public void Parse_Name_RoundTripsThroughTextAndJson(string text, string expected, bool isAuto, int ordinal)
    {
        var device = ComputeDevice.Parse(text);
        string json = JsonSerializer.Serialize(device);

        Assert.AreEqual(expected, device.ToString());
        Assert.AreEqual($"\"{expected}\"", json);
        Assert.AreEqual(device, JsonSerializer.Deserialize<ComputeDevice>(json));
        Assert.AreEqual(isAuto, device.IsAuto);
        Assert.AreEqual(ordinal, device.Ordinal);
        Assert.AreEqual(ordinal >= 0, device.IsCuda);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("gpux")]
    [DataRow("gpu:")]
    [DataRow("gpu:-1")]
    [DataRow("cuda:")]
    [DataRow("cuda:-1")]
    [DataRow("cuda: 1")]
    [DataRow("cuda:1.0")]
    [DataRow("cuda:99999999999")]
    public void Parse_NoDevice_SaysWhatIsAllowed(string text)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => ComputeDevice.Parse(text));

        StringAssert.Contains(error.Message, $"'{text}' is no device: write 'auto', 'cpu', 'cuda' (or 'gpu') or 'cuda:N'");
        Assert.ThrowsExactly<JsonException>(() => JsonSerializer.Deserialize<ComputeDevice>(JsonSerializer.Serialize(text)));
    }

    [TestMethod]
    public void Cuda_NegativeOrdinal_Throws()
        => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ComputeDevice.Cuda(-1));

    [TestMethod]
    public void Equals_SameName_IsEqual()
    {
        Assert.IsTrue(ComputeDevice.Cuda(1) == ComputeDevice.Parse("cuda:1"));
        Assert.AreEqual(ComputeDevice.Cuda(1).GetHashCode(), ComputeDevice.Parse("cuda:1").GetHashCode());
        Assert.IsTrue(ComputeDevice.Cuda(1) != ComputeDevice.Cuda(0));
        Assert.IsTrue(ComputeDevice.Auto != ComputeDevice.Cpu);
        Assert.IsTrue(ComputeDevice.Auto != null);
        Assert.IsFalse(ComputeDevice.Cpu.Equals("cpu"));
    }
}
