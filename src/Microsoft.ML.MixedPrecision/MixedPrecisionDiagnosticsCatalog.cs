using Microsoft.ML.MixedPrecision.Cuda;
using Microsoft.ML.MixedPrecision.Diagnostics;
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
        using Device opened = selection.Open(threads: 0);
        return $"{opened.Description}, {selection.Reason}";
    }

    /// <summary>
    /// The devices of this machine with their memory and formats, NVIDIA's libraries with version and path or what was tried to find them,
    /// and what <see cref="ComputeDevice.Auto"/> would choose and why. Throws nothing for what is missing.
    /// </summary>
    public DeviceReport Devices()
    {
        CudaInstallation installation = CudaInstallation.Current;
        (ComputeDevice? auto, string reason) = ChooseAuto();
        return new()
        {
            Devices = [CpuProbe.Describe(), .. CudaProbe.Devices(installation)],
            Libraries = [.. CudaProbe.Libraries(installation)],
            CudaProblem = installation.Problem,
            Auto = auto,
            AutoReason = reason,
        };
    }

    private (ComputeDevice? Device, string Reason) ChooseAuto()
    {
        try
        {
            DeviceSelection selection = DeviceSelection.Choose(ComputeDevice.Auto, _env);
            return (selection.Device, selection.Reason);
        }
        catch (NotSupportedException e)
        {
            return (null, e.Message);
        }
    }
}
