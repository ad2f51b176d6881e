using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Diagnostics;

/// <summary>Reads what this machine has without a GPU.</summary>
internal static class CpuProbe
{
    /// <summary>The CPU engine.</summary>
    public static DeviceDescription Describe()
    {
        using var device = new CpuDevice();
        return new()
        {
            Device = ComputeDevice.Cpu,
            Kind = DeviceKind.Cpu,
            Name = device.Description,
            Ordinal = 0,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Formats = Enum.GetValues<NumericFormat>(),
        };
    }
}
