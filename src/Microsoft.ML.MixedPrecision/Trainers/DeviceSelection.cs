using Microsoft.ML.MixedPrecision.Cuda;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Which device computes, and why. An explicit device wins and is never replaced; <see cref="ComputeDevice.Auto"/> takes
/// <c>MLContext.GpuDeviceId</c> where that is set, else the first capable GPU, else the CPU.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Card">The GPU; null for the CPU.</param>
internal sealed record DeviceSelection(ComputeDevice Device, string Reason, CudaProperties? Card = null)
{
    /// <summary>Why, in a few words, without what was tried and what to do.</summary>
    public string Summary { get; init; } = Reason;

    /// <summary>What a policy needs to know of it.</summary>
    public PrecisionDevice Precision => Card is null ? PrecisionDevice.Cpu : new PrecisionDevice(IsCuda: true, Card.Major, Card.Minor);

    /// <summary>Chooses.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="env">The context, for its <c>GpuDeviceId</c> and <c>FallbackToCpu</c>.</param>
    /// <exception cref="NotSupportedException">The device asked for is not there, and no other may be used.</exception>
    public static DeviceSelection Choose(ComputeDevice wanted, IHostEnvironment env)
    {
        var settings = env as IHostEnvironmentInternal;
        return Choose(wanted, settings?.GpuDeviceId, settings?.FallbackToCpu ?? true, GpuInventory.OfThisMachine);
    }

    /// <summary>Chooses.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="gpuDeviceId">The context's GPU; null for none named.</param>
    /// <param name="fallbackToCpu">Whether the CPU may stand in for the context's GPU.</param>
    /// <param name="gpus">The GPUs.</param>
    /// <exception cref="NotSupportedException">The device asked for is not there, and no other may be used.</exception>
    public static DeviceSelection Choose(ComputeDevice wanted, int? gpuDeviceId, bool fallbackToCpu, GpuInventory gpus)
    {
        if (wanted.IsCuda)
        {
            CudaProperties card = gpus.Find(wanted.Ordinal)
                ?? throw new NotSupportedException($"The device '{wanted}' was asked for, but {gpus.WhyNot(wanted.Ordinal)} "
                    + $"ComputeDevice.Auto takes a GPU only where there is one.");
            return new(wanted, "asked for", card);
        }

        if (!wanted.IsAuto)
        {
            return new(ComputeDevice.Cpu, "asked for");
        }

        return gpuDeviceId is { } ordinal ? OfContext(ordinal, fallbackToCpu, gpus) : FirstOf(gpus);
    }

    /// <summary>Takes a share of the device; the caller disposes of it.</summary>
    /// <param name="threads">Threads of the CPU engine; 0 for all cores.</param>
    /// <exception cref="CudaException">The card is lost or used by another process alone.</exception>
    public Device Open(int threads) => Card is null ? new CpuDevice(threads) : new CudaDevice(Card.Ordinal);

    private static DeviceSelection OfContext(int ordinal, bool fallbackToCpu, GpuInventory gpus)
    {
        if (gpus.Find(ordinal) is { } card)
        {
            return new(ComputeDevice.Cuda(ordinal), "named by MLContext.GpuDeviceId", card);
        }

        return fallbackToCpu
            ? new(ComputeDevice.Cpu, $"instead of GPU {ordinal}, which MLContext.GpuDeviceId names, since MLContext.FallbackToCpu is "
                + $"true and {gpus.WhyNot(ordinal)}")
            { Summary = $"instead of GPU {ordinal}, which cannot be used" }
            : throw new NotSupportedException($"MLContext.GpuDeviceId is {ordinal} and MLContext.FallbackToCpu is false, but "
                + $"{gpus.WhyNot(ordinal)} To compute on the CPU instead, set FallbackToCpu to true.");
    }

    private static DeviceSelection FirstOf(GpuInventory gpus) => gpus.First is { } card
        ? new(ComputeDevice.Cuda(card.Ordinal), "the first NVIDIA GPU", card)
        : new(
            ComputeDevice.Cpu,
            $"the CPU engine: {gpus.Problem ?? "there is no NVIDIA GPU."}")
        { Summary = "no NVIDIA GPU that can be used" };
}
