using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Tests.Diagnostics;

/// <summary>The report of the devices, on machines with and without a GPU.</summary>
[TestClass]
public sealed class DeviceReportTests
{
    [TestMethod]
    public void Devices_AnyMachine_ShowsTheCpuAndWhatAutoChooses()
    {
        DeviceReport report = new MLContext().MixedPrecision().Diagnostics.Devices();

        DeviceDescription cpu = report.Devices[0];
        Assert.AreEqual(DeviceKind.Cpu, cpu.Kind);
        Assert.HasCount(4, cpu.Formats);
        Assert.IsGreaterThan(0, cpu.MemoryBytes);
        Assert.AreEqual(report.CudaProblem is null ? ComputeDevice.Cuda(report.Devices[1].Ordinal) : ComputeDevice.Cpu, report.Auto);
        StringAssert.Contains(report.AutoReason, report.CudaProblem ?? "the first NVIDIA GPU");
        StringAssert.Contains(report.ToString(), cpu.Name);
    }

    [TestMethod]
    public void Devices_NoFallback_SaysThatATrainerWouldRefuse()
    {
        DeviceReport report = new MLContext { GpuDeviceId = 63, FallbackToCpu = false }.MixedPrecision().Diagnostics.Devices();

        Assert.IsNull(report.Auto);
        StringAssert.Contains(report.ToString(), "refused: MLContext.GpuDeviceId is 63");
    }

    [TestMethod]
    public void Devices_WithoutCuda_SaysWhatWasTriedAndWhatToDo()
    {
        DeviceReport report = new MLContext().MixedPrecision().Diagnostics.Devices();
        if (report.CudaProblem is null)
        {
            Assert.Inconclusive("CUDA can be used here.");
        }

        StringAssert.Contains(report.CudaProblem, "ComputeDevice.Cpu");
        StringAssert.Contains(report.ToString(), report.CudaProblem);
    }

    [TestMethod]
    [DataRow(7, 0, "Float32, Float16")]
    [DataRow(7, 5, "Float32, Float16")]
    [DataRow(8, 0, "Float32, TensorFloat32, Float16, BFloat16")]
    [DataRow(9, 0, "Float32, TensorFloat32, Float16, BFloat16")]
    public void Describe_Capability_DecidesTheFormats(int major, int minor, string formats)
    {
        DeviceDescription gpu = CudaProbe.Describe(Card(major, minor), freeBytes: 1L << 30);

        Assert.AreEqual(formats, string.Join(", ", gpu.Formats));
        Assert.AreEqual($"cuda:1: Test card, compute capability {major}.{minor}, 1.0 of 4.0 GiB free; {formats}", gpu.ToString());
    }

    private static CudaProperties Card(int major, int minor) => new()
    {
        Ordinal = 1,
        Name = "Test card",
        Uuid = "GPU-0",
        Major = major,
        Minor = minor,
        Memory = 4L << 30,
        Multiprocessors = 1,
        SharedMemory = 1,
        L2Cache = 1,
    };
}
