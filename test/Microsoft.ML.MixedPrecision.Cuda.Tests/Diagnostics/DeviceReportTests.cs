namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Diagnostics;

/// <summary>The report of this machine.</summary>
[TestClass]
internal sealed class DeviceReportTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [TestCategory(Gpu.Category)]
    public void Devices_WithGpu_ShowsItWithLibraries()
    {
        Gpu.Open().Dispose();

        DeviceReport report = new MLContext().MixedPrecision().Diagnostics.Devices();
        TestContext.WriteLine(report.ToString());

        Assert.IsNull(report.CudaProblem);
        CollectionAssert.AreEqual(new[] { "CUDA driver", "NVRTC", "cuBLASLt" }, report.Libraries.Select(library => library.Name).ToArray());
        Assert.IsTrue(report.Libraries.All(library => File.Exists(library.Path)), report.ToString());
        DeviceDescription gpu = report.Devices[1];
        Assert.AreEqual(ComputeDevice.Cuda(0), gpu.Device);
        Assert.IsGreaterThan(0, gpu.FreeMemoryBytes!.Value);
        Assert.IsLessThanOrEqualTo(gpu.MemoryBytes, gpu.FreeMemoryBytes.Value);
        Assert.AreEqual(gpu.ComputeCapability!.Major >= 8, gpu.Formats.Contains(NumericFormat.BFloat16));
    }
}
