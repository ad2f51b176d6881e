using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace OnnxScoring;

/// <summary>Opens models where they are best computed.</summary>
internal static partial class OnnxRuntimeSession
{
    private const string Cuda = "CUDAExecutionProvider";
    private const string Cpu = "CPUExecutionProvider";

    /// <summary>Opens a model.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="log">Is told why it is not the GPU.</param>
    /// <returns>The session, and the provider that computes.</returns>
    /// <exception cref="StartException">The native library is missing, or does not take the file.</exception>
    public static (InferenceSession Session, string Provider) Open(byte[] file, ILogger log)
    {
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            string provider = OrtEnv.Instance().GetAvailableProviders().Contains(Cuda) && TryAppendCuda(options, log) ? Cuda : Cpu;
            return (new InferenceSession(file, options), provider);
        }
        catch (Exception e) when (IsMissing(e))
        {
            throw new StartException("ONNX Runtime's native library is missing or too old: build with -p:OnnxRuntimeFlavor=Cpu or Gpu, "
                + "which bring it.", e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new StartException($"ONNX Runtime does not take the model: {e.Message}", e);
        }
    }

    /// <summary>Whether an exception says that the native library, or an entry point of it, was not found.</summary>
    public static bool IsMissing(Exception exception) => exception switch
    {
        DllNotFoundException or EntryPointNotFoundException => true,
        TypeInitializationException { InnerException: { } inner } => IsMissing(inner),
        _ => false,
    };

    /// <summary>The package with CUDA lists its provider on any machine; whether driver, CUDA and cuDNN are there shows here.</summary>
    private static bool TryAppendCuda(SessionOptions options, ILogger log)
    {
        try
        {
            options.AppendExecutionProvider_CUDA();
            return true;
        }
        catch (OnnxRuntimeException e)
        {
            LogNoCuda(log, e.Message);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Scoring on the CPU, since ONNX Runtime's CUDA provider does not start (it needs a driver, CUDA "
        + "13 and cuDNN 9): {Reason}")]
    private static partial void LogNoCuda(ILogger log, string reason);
}
