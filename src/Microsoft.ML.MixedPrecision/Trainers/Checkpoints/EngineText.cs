using System.Globalization;
using Microsoft.ML.MixedPrecision.Cuda;
using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>What computes, as far as bits may depend on it: device, instructions, driver and libraries, but not the number of
/// threads.</summary>
internal static class EngineText
{
    /// <summary>A line of text.</summary>
    /// <param name="device">The device.</param>
    public static string Of(Device device) => $"{DeviceText(device)}; library {OptionsText.LibraryVersion}";

    private static string DeviceText(Device device) => device is CpuDevice cpu
        ? $"CPU, {(cpu.Path == SimdPath.Portable ? "no SIMD" : $"{cpu.Path.Bits()}-bit SIMD")}"
        : string.Create(CultureInfo.InvariantCulture, $"{device.Description}, driver {CudaInstallation.Current.DriverVersion}, "
            + $"cuBLASLt {CublasLtLibrary.ReadVersion()}");
}
