using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>One device of this machine. Immutable.</summary>
public sealed class DeviceDescription
{
    internal DeviceDescription()
    {
    }

    /// <summary>How a trainer is told to use it.</summary>
    public ComputeDevice Device { get; internal init; } = ComputeDevice.Cpu;

    /// <summary>What kind it is.</summary>
    public DeviceKind Kind { get; internal init; }

    /// <summary>Its name, for example <c>NVIDIA H100 80GB HBM3</c>.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>Its number among the devices of its kind, from 0.</summary>
    public int Ordinal { get; internal init; }

    /// <summary>CUDA's compute capability, for example 9.0; null for the CPU.</summary>
    public Version? ComputeCapability { get; internal init; }

    /// <summary>Bytes of memory that the device, or on the CPU this process, may use in all.</summary>
    public long MemoryBytes { get; internal init; }

    /// <summary>Bytes of it that are free now; null where that is not known.</summary>
    public long? FreeMemoryBytes { get; internal init; }

    /// <summary>Formats that matrix products can be computed in. The CPU emulates those that it lacks: same rounding, no gain in
    /// speed.</summary>
    public IReadOnlyList<NumericFormat> Formats { get; internal init; } = [];

    /// <summary>One line with all of it.</summary>
    public override string ToString()
    {
        string capability = ComputeCapability is null ? "" : $", compute capability {ComputeCapability}";
        string free = FreeMemoryBytes is { } bytes ? $"{GiB(bytes)} of {GiB(MemoryBytes)} GiB free" : $"{GiB(MemoryBytes)} GiB";
        string emulated = Kind == DeviceKind.Cpu ? ", 16-bit and TensorFloat32 products emulated" : "";
        return $"{Device}: {Name}{capability}, {free}; {string.Join(", ", Formats)}{emulated}";
    }

    private static string GiB(long bytes) => (bytes / (double)(1L << 30)).ToString("F1", CultureInfo.InvariantCulture);
}
