using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Libraries;

/// <summary>Which CUDA a driver and a card can use.</summary>
[TestClass]
internal sealed class ToolkitChoiceTests
{
    [TestMethod]
    [DataRow(13000, 90, new[] { 13, 12 }, DisplayName = "driver 580, H100")]
    [DataRow(13010, 75, new[] { 13, 12 }, DisplayName = "newer driver, Turing")]
    [DataRow(13000, 70, new[] { 12 }, DisplayName = "driver 580, Volta: CUDA 13 dropped it")]
    [DataRow(12090, 90, new[] { 12 }, DisplayName = "driver 575, H100")]
    [DataRow(12000, 50, new[] { 12 }, DisplayName = "the oldest that serves")]
    [DataRow(11080, 90, new int[0], DisplayName = "driver too old")]
    [DataRow(13000, 37, new int[0], DisplayName = "card too old")]
    public void Majors_DriverAndCard_AreThoseThatRun(int driver, int capability, int[] expected)
        => CollectionAssert.AreEqual(expected, ToolkitChoice.Majors(driver, capability).ToArray());
}
