using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Opens models with ONNX Runtime, whose native library is the application's choice and may be missing.</summary>
internal static class OnnxRuntimeSession
{
    /// <summary>What to do where there is no native library, a sentence without its full stop.</summary>
    public static string MissingLibrary
        => "ONNX Runtime's native library is missing or too old: reference the package Microsoft.ML.OnnxRuntime, or "
            + "Microsoft.ML.OnnxRuntime.Gpu, "
            + $"of version {typeof(InferenceSession).Assembly.GetName().Version?.ToString(3)} or later in the application";

    /// <summary><see cref="MissingLibrary"/>; null if a native library is there that fits.</summary>
    public static string? WhyMissing()
    {
        try
        {
            using var options = new SessionOptions();
            return null;
        }
        catch (Exception exception) when (IsMissing(exception))
        {
            return MissingLibrary;
        }
    }

    /// <summary>Opens a model.</summary>
    /// <param name="model">The file's bytes.</param>
    public static InferenceSession Open(byte[] model)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        return new InferenceSession(model, options);
    }

    /// <summary>Whether an exception says that the native library, or an entry point of it, was not found.</summary>
    public static bool IsMissing(Exception exception) => exception switch
    {
        DllNotFoundException or EntryPointNotFoundException => true,
        TypeInitializationException { InnerException: { } inner } => IsMissing(inner),
        _ => false,
    };
}
