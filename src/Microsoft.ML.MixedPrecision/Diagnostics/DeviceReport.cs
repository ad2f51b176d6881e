using System.Text;

namespace Microsoft.ML.MixedPrecision;

/// <summary>The devices of this machine, NVIDIA's libraries, and what <see cref="ComputeDevice.Auto"/> would choose. Immutable.</summary>
public sealed class DeviceReport
{
    internal DeviceReport()
    {
    }

    /// <summary>The devices: the CPU first, then NVIDIA GPUs by ordinal.</summary>
    public IReadOnlyList<DeviceDescription> Devices { get; internal init; } = [];

    /// <summary>NVIDIA's libraries that were found; empty without a driver.</summary>
    public IReadOnlyList<NativeLibraryDescription> Libraries { get; internal init; } = [];

    /// <summary>Why CUDA cannot be used here, what was tried, and what to do; null where it can.</summary>
    public string? CudaProblem { get; internal init; }

    /// <summary>What <see cref="ComputeDevice.Auto"/> would choose; null where a trainer would refuse.</summary>
    public ComputeDevice? Auto { get; internal init; }

    /// <summary>Why.</summary>
    public string AutoReason { get; internal init; } = "";

    /// <summary>All of it in lines of text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().AppendLine("Devices");
        Append(text, Devices);
        text.AppendLine("CUDA");
        Append(text, Libraries);
        if (CudaProblem is not null)
        {
            text.Append("  ").AppendLine(CudaProblem);
        }

        return text.AppendLine("ComputeDevice.Auto")
            .Append("  ")
            .Append(Auto?.ToString() ?? "refused")
            .Append(": ")
            .AppendLine(AutoReason)
            .ToString();
    }

    private static void Append(StringBuilder text, IEnumerable<object> lines)
    {
        foreach (object line in lines)
        {
            text.Append("  ").AppendLine(line.ToString());
        }
    }
}
