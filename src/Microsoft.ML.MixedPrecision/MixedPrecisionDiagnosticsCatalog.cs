using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What the library would do, and why; reached by <c>mlContext.MixedPrecision().Diagnostics</c>.</summary>
public sealed class MixedPrecisionDiagnosticsCatalog
{
    private readonly IHostEnvironment _env;

    internal MixedPrecisionDiagnosticsCatalog(IHostEnvironment env) => _env = env;

    /// <summary>The device that a trainer would compute on, and why: a line of text.</summary>
    /// <param name="device">What the trainer would be asked for.</param>
    /// <exception cref="NotSupportedException">The device asked for is not there; the message says what to use instead.</exception>
    public string DescribeDevice(ComputeDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        DeviceSelection selection = DeviceSelection.Choose(device, _env);
        using var cpu = new CpuDevice();
        return $"{cpu.Description}, {selection.Reason}";
    }
}
