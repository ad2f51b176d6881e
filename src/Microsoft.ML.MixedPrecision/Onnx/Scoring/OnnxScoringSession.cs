using System.Globalization;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>
/// The session of a model, opened when it is first needed and shared by all cursors and threads. Disposing closes it as soon as nobody
/// scores with it; who needs it afterwards opens it again.
/// </summary>
/// <param name="env">The context, for its GPU.</param>
/// <param name="model">The model.</param>
internal sealed class OnnxScoringSession(IHostEnvironment env, CheckedModel model) : IDisposable
{
    private readonly Lock _lock = new();
    private SharedSession? _current;

    /// <summary>Where to compute; what is open already stays where it is.</summary>
    public ComputeDevice Device
    {
        get;
        set
        {
            field = value;
            Dispose();
        }
    } = ComputeDevice.Auto;

    /// <summary>Threads of the CPU provider; null for all cores.</summary>
    public int? NumberOfThreads
    {
        get;
        set
        {
            field = value;
            Dispose();
        }
    }

    /// <summary>Takes a share of the session; the caller disposes of it.</summary>
    /// <exception cref="NotSupportedException">There is no native library, or not the device asked for.</exception>
    /// <exception cref="InvalidOperationException">ONNX Runtime does not take the model.</exception>
    public SessionLease Rent()
    {
        lock (_lock)
        {
            _current ??= new SharedSession(Open());
            return new SessionLease(_current);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _current?.Return();
            _current = null;
        }
    }

    private OpenedSession<InferenceSession> Open()
    {
        try
        {
            var settings = env as IHostEnvironmentInternal;
            byte[] file = model.ToBytes();
            return OnnxProviderChoice.Open(
                Device,
                settings?.GpuDeviceId,
                settings?.FallbackToCpu ?? true,
                OrtEnv.Instance().GetAvailableProviders(),
                device => Open(file, device));
        }
        catch (Exception exception) when (OnnxRuntimeSession.IsMissing(exception))
        {
            throw new NotSupportedException($"{OnnxRuntimeSession.MissingLibrary}.", exception);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidOperationException($"ONNX Runtime does not take the model: {exception.Message.TrimEnd('.')}. Use a newer "
                + $"native package if an operator is unknown to it, else export the model again.", exception);
        }
    }

    private InferenceSession Open(byte[] file, ComputeDevice device)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

        // What was checked is protobuf; a file can be made to look like the runtime's own format, which has other rules.
        options.AddSessionConfigEntry("session.load_model_format", "ONNX");
        if (NumberOfThreads is { } threads)
        {
            options.IntraOpNumThreads = threads;
        }

        if (device.IsCuda)
        {
            AppendCuda(options, device.Ordinal);
        }

        return new InferenceSession(file, options);
    }

    /// <summary>Adds the CUDA provider, with products in full FP32, as on the CPU.</summary>
    /// <remarks>Source of the keys: https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html.</remarks>
    private static void AppendCuda(SessionOptions options, int ordinal)
    {
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(new Dictionary<string, string>
        {
            ["device_id"] = ordinal.ToString(CultureInfo.InvariantCulture),
            ["use_tf32"] = "0",
        });
        options.AppendExecutionProvider_CUDA(cuda);
    }
}
