using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Cuda;

/// <summary>The message of a failed native call.</summary>
internal static class FailedCall
{
    /// <summary><c>CUDA driver: cuMemAlloc_v2 failed with CUDA_ERROR_OUT_OF_MEMORY (2): out of memory. What to do.</c></summary>
    /// <param name="library">The library, for people.</param>
    /// <param name="call">The call as it stands in the source.</param>
    /// <param name="name">The library's name of the error.</param>
    /// <param name="status">Its number.</param>
    /// <param name="text">The library's text of the error; empty where it has none.</param>
    /// <param name="remedy">What to do; may be empty.</param>
    public static string Describe(string library, string call, string name, int status, string text, string remedy)
    {
        string reason = text.Length == 0 ? "" : $": {text.TrimEnd('.')}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{library}: {Function(call)} failed with {name} ({status}){reason}. {remedy}").TrimEnd();
    }

    /// <summary>The function's name alone: its arguments are names of our variables and say nothing to a reader.</summary>
    /// <param name="call">The call as it stands in the source.</param>
    public static string Function(string call)
    {
        string name = call.Split('(', 2)[0];
        return name[(name.LastIndexOf('.') + 1)..].Trim();
    }
}
