using System.Globalization;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>A session with where it computes, and why there.</summary>
/// <typeparam name="TSession">The session's type.</typeparam>
/// <param name="Session">The session.</param>
/// <param name="Device">The device.</param>
/// <param name="Reason">Why, for people.</param>
internal sealed record OpenedSession<TSession>(TSession Session, ComputeDevice Device, string Reason);

/// <summary>
/// Opens a session on the device asked for, by the rules of trainers: an explicit device is never replaced;
/// <see cref="ComputeDevice.Auto"/> takes
/// <c>MLContext.GpuDeviceId</c> where that is set, else the first GPU, if the application's native ONNX Runtime has the CUDA provider and
/// it opens, else the CPU.
/// </summary>
internal static class OnnxProviderChoice
{
    /// <summary>The provider's name.</summary>
    public const string Cuda = "CUDAExecutionProvider";

    private const string GpuPackage = "reference the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime, with "
        + "the CUDA and cuDNN that it asks for";

    /// <summary>Opens a session.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="gpuDeviceId">The context's GPU; null for none named.</param>
    /// <param name="fallbackToCpu">Whether the CPU may stand in for the context's GPU.</param>
    /// <param name="providers">The providers that the native library has.</param>
    /// <param name="open">Opens a session on a device.</param>
    /// <exception cref="NotSupportedException">The device asked for cannot be had, and no other may be used.</exception>
    public static OpenedSession<TSession> Open<TSession>(
        ComputeDevice wanted,
        int? gpuDeviceId,
        bool fallbackToCpu,
        IReadOnlyCollection<string> providers,
        Func<ComputeDevice, TSession> open)
    {
        if (!wanted.IsAuto)
        {
            return wanted.IsCuda && TryOpen(wanted, "asked for", providers, open, out string problem, out var cause) is var asked
                ? asked
                    ?? throw new NotSupportedException($"The device '{wanted}' was asked for, but {problem}. Use ComputeDevice.Cpu, or "
                        + $"ComputeDevice.Auto to take a GPU only where there is one; for a GPU, {GpuPackage}.", cause)
                : new(open(wanted), wanted, "asked for");
        }

        var device = ComputeDevice.Cuda(gpuDeviceId ?? 0);
        string reason = gpuDeviceId is null ? "the first NVIDIA GPU" : "named by MLContext.GpuDeviceId";
        if (TryOpen(device, reason, providers, open, out string why, out var failure) is { } opened)
        {
            return opened;
        }

        return gpuDeviceId is null || fallbackToCpu
            ? new(open(ComputeDevice.Cpu), ComputeDevice.Cpu, $"the CPU, since {why}")
            : throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"MLContext.GpuDeviceId is {gpuDeviceId} and "
                + $"MLContext.FallbackToCpu is false, but {why}. Set FallbackToCpu to true, GpuDeviceId to null, or use "
                + $"ComputeDevice.Cpu; for a GPU, {GpuPackage}."), failure);
    }

    private static OpenedSession<TSession>? TryOpen<TSession>(
        ComputeDevice device,
        string reason,
        IReadOnlyCollection<string> providers,
        Func<ComputeDevice, TSession> open,
        out string problem,
        out Exception? cause)
    {
        (problem, cause) = ($"the native ONNX Runtime has no CUDA provider, only {string.Join(", ", providers)}", null);
        if (!providers.Contains(Cuda))
        {
            return null;
        }

        try
        {
            return new(open(device), device, reason);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException || OnnxRuntimeSession.IsMissing(exception))
        {
            (problem, cause) = ($"its CUDA provider did not open: {exception.Message.TrimEnd('.')}", exception);
            return null;
        }
    }
}
