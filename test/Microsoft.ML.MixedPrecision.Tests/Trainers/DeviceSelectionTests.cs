using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Which device is taken, and what is said of it.</summary>
[TestClass]
public sealed class DeviceSelectionTests
{
    [TestMethod]
    [DataRow("cpu", null, true, "asked for")]
    [DataRow("cpu", 0, false, "asked for")]
    [DataRow("auto", null, false, "training on CUDA is not in this version yet")]
    [DataRow("auto", 2, true, "instead of GPU 2")]
    public void Choose_WhereTheCpuMayServe_SaysWhy(string wanted, int? gpu, bool fallback, string reason)
    {
        DeviceSelection selection = DeviceSelection.Choose(ComputeDevice.Parse(wanted), gpu, fallback);

        Assert.AreEqual(ComputeDevice.Cpu, selection.Device);
        StringAssert.Contains(selection.Reason, reason);
    }

    [TestMethod]
    [DataRow("cuda:1", null, true, "'cuda:1'")]
    [DataRow("cuda:0", 0, true, "ComputeDevice.Cpu")]
    [DataRow("auto", 0, false, "FallbackToCpu")]
    public void Choose_WhereNoOtherMayServe_Refuses(string wanted, int? gpu, bool fallback, string part)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => DeviceSelection.Choose(ComputeDevice.Parse(wanted), gpu, fallback));

        StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    public void DescribeDevice_OfContext_ReadsItsSettings()
    {
        var ml = new MLContext { GpuDeviceId = 3, FallbackToCpu = true };

        StringAssert.Contains(ml.MixedPrecision().Diagnostics.DescribeDevice(ComputeDevice.Auto), "instead of GPU 3");
        StringAssert.StartsWith(ml.MixedPrecision().Diagnostics.DescribeDevice(ComputeDevice.Cpu), "CPU (");

        ml.FallbackToCpu = false;
        Assert.ThrowsExactly<NotSupportedException>(() => ml.MixedPrecision().Diagnostics.DescribeDevice(ComputeDevice.Auto));
        Assert.ThrowsExactly<NotSupportedException>(() => ml.MixedPrecision().Trainers.MlpMulticlass().Fit(Keyed(ml)));
    }

    private static IDataView Keyed(MLContext ml)
    {
        IDataView rows = ml.Data.LoadFromEnumerable(Blob.Rows(20));
        return ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(rows).Transform(rows);
    }
}
