using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Which device is taken, and what is said of it.</summary>
[TestClass]
public sealed class DeviceSelectionTests
{
    private static readonly GpuInventory None = new([], "There is no NVIDIA driver here. Install one, or use ComputeDevice.Cpu.");
    private static readonly GpuInventory Two = new([Card(0, 5, 2) with { Major = 3 }, Card(1, 9, 0)], null);

    [TestMethod]
    [DataRow("cpu", null, true, "asked for")]
    [DataRow("cpu", 0, false, "asked for")]
    [DataRow("auto", null, false, "There is no NVIDIA driver here.")]
    [DataRow("auto", 2, true, "instead of GPU 2")]
    public void Choose_WithoutGpuWhereTheCpuMayServe_SaysWhy(string wanted, int? gpu, bool fallback, string reason)
    {
        DeviceSelection selection = DeviceSelection.Choose(ComputeDevice.Parse(wanted), gpu, fallback, None);

        Assert.AreEqual(ComputeDevice.Cpu, selection.Device);
        Assert.IsFalse(selection.Precision.IsCuda);
        StringAssert.Contains(selection.Reason, reason);
    }

    [TestMethod]
    [DataRow("cuda:1", null, true, "'cuda:1'")]
    [DataRow("cuda:0", 0, true, "ComputeDevice.Cpu")]
    [DataRow("auto", 0, false, "FallbackToCpu")]
    public void Choose_WithoutGpuWhereNoOtherMayServe_Refuses(string wanted, int? gpu, bool fallback, string part)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => DeviceSelection.Choose(ComputeDevice.Parse(wanted), gpu, fallback, None));

        StringAssert.Contains(error.Message, part);
        StringAssert.Contains(error.Message, ", but there is no NVIDIA driver here.");
    }

    [TestMethod]
    [DataRow(
        "There is no NVIDIA driver here: tried x. Install it, or use ComputeDevice.Cpu.",
        ", but there is no NVIDIA driver here: tried x.")]
    [DataRow("CUDA's libraries are not all here. Install them, or use ComputeDevice.Cpu.", ", but CUDA's libraries are not all here.")]
    public void Choose_RefusedForAProblem_IsOneSentenceWithOneAdvice(string problem, string part)
    {
        string message = Assert.ThrowsExactly<NotSupportedException>(
            () => DeviceSelection.Choose(ComputeDevice.Cuda(0), null, true, new GpuInventory([], problem))).Message;

        StringAssert.Contains(message, part);
        Assert.HasCount(2, message.Split("ComputeDevice.Cpu"), "said once");
        string automatic = Assert.ThrowsExactly<NotSupportedException>(
            () => DeviceSelection.Choose(ComputeDevice.Auto, 3, false, new GpuInventory([], problem))).Message;
        Assert.HasCount(2, automatic.Split("ComputeDevice.Cpu"));
        StringAssert.Contains(
            DeviceSelection.Choose(ComputeDevice.Auto, 3, true, new GpuInventory([], problem)).Reason,
            part.Replace(", but", "is true and", StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow("auto", null, "the first NVIDIA GPU")]
    [DataRow("auto", 1, "MLContext.GpuDeviceId")]
    [DataRow("cuda:1", null, "asked for")]
    public void Choose_WithGpus_TakesTheOneThatServes(string wanted, int? gpu, string reason)
    {
        DeviceSelection selection = DeviceSelection.Choose(ComputeDevice.Parse(wanted), gpu, fallbackToCpu: false, Two);

        Assert.AreEqual(ComputeDevice.Cuda(1), selection.Device);
        Assert.AreEqual(9, selection.Precision.Major);
        StringAssert.Contains(selection.Reason, reason);
    }

    [TestMethod]
    [DataRow("cuda:0", "compute capability 3.2; 5.0 or more is needed")]
    [DataRow("cuda:7", "there are 2 GPUs")]
    public void Choose_GpuThatDoesNotServe_SaysWhatThereIs(string wanted, string part)
        => StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => DeviceSelection.Choose(ComputeDevice.Parse(wanted), null, true, Two)).Message,
            part);

    [TestMethod]
    public void DescribeDevice_OfContext_ReadsItsSettings()
    {
        const int NoSuchGpu = 63;
        var ml = new MLContext { GpuDeviceId = NoSuchGpu, FallbackToCpu = true };

        StringAssert.Contains(ml.MixedPrecision().Diagnostics.DescribeDevice(ComputeDevice.Auto), $"instead of GPU {NoSuchGpu}");
        StringAssert.StartsWith(ml.MixedPrecision().Diagnostics.DescribeDevice(ComputeDevice.Cpu), "CPU (");

        ml.FallbackToCpu = false;
        Assert.ThrowsExactly<NotSupportedException>(() => ml.MixedPrecision().Diagnostics.DescribeDevice(ComputeDevice.Auto));
        Assert.ThrowsExactly<NotSupportedException>(() => ml.MixedPrecision().Trainers.MlpMulticlass().Fit(Keyed(ml)));
    }

    private static CudaProperties Card(int ordinal, int major, int minor) => new()
    {
        Ordinal = ordinal,
        Name = "Test card",
        Uuid = $"GPU-{ordinal}",
        Major = major,
        Minor = minor,
        Memory = 4L << 30,
        Multiprocessors = 1,
        SharedMemory = 1,
        L2Cache = 1,
    };

    private static IDataView Keyed(MLContext ml)
    {
        IDataView rows = ml.Data.LoadFromEnumerable(Blob.Rows(20));
        return ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(rows).Transform(rows);
    }
}
