using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Which device computes, and why. An explicit device wins and is never replaced; <see cref="ComputeDevice.Auto"/> takes
/// <c>MLContext.GpuDeviceId</c> where that is set, else the first capable GPU, else the CPU. Training on CUDA is not in this version yet, so it takes the CPU.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="Reason">Why, for people.</param>
internal sealed record DeviceSelection(ComputeDevice Device, string Reason)
{
    private const string OnlyCpu = "training on CUDA is not in this version yet";

    /// <summary>Chooses.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="env">The context, for its <c>GpuDeviceId</c> and <c>FallbackToCpu</c>.</param>
    /// <exception cref="NotSupportedException">The device asked for is not there, and no other may be used.</exception>
    public static DeviceSelection Choose(ComputeDevice wanted, IHostEnvironment env)
    {
        var settings = env as IHostEnvironmentInternal;
        return Choose(wanted, settings?.GpuDeviceId, settings?.FallbackToCpu ?? true);
    }

    /// <summary>Chooses.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="gpuDeviceId">The context's GPU; null for none named.</param>
    /// <param name="fallbackToCpu">Whether the CPU may stand in for the context's GPU.</param>
    /// <exception cref="NotSupportedException">The device asked for is not there, and no other may be used.</exception>
    public static DeviceSelection Choose(ComputeDevice wanted, int? gpuDeviceId, bool fallbackToCpu)
    {
        if (wanted.IsCuda)
        {
            throw new NotSupportedException($"The device '{wanted}' was asked for, but {OnlyCpu}. Use ComputeDevice.Cpu, or ComputeDevice.Auto to take a GPU only where there is one.");
        }

        if (!wanted.IsAuto)
        {
            return new(ComputeDevice.Cpu, "asked for");
        }

        return gpuDeviceId switch
        {
            null => new(ComputeDevice.Cpu, $"the CPU engine, since {OnlyCpu}"),
            _ when fallbackToCpu => new(ComputeDevice.Cpu, $"instead of GPU {gpuDeviceId}, which MLContext.GpuDeviceId names, since {OnlyCpu} and MLContext.FallbackToCpu is true"),
            _ => throw new NotSupportedException($"MLContext.GpuDeviceId is {gpuDeviceId} and MLContext.FallbackToCpu is false, but {OnlyCpu}. Set FallbackToCpu to true, GpuDeviceId to null, or use ComputeDevice.Cpu."),
        };
    }
}
