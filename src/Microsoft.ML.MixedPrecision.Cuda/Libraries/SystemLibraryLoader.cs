using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>The operating system's loader.</summary>
internal sealed class SystemLibraryLoader : ILibraryLoader
{
    /// <inheritdoc/>
    public string? Load(string candidate, out nint handle)
    {
        try
        {
            handle = NativeLibrary.Load(candidate);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            handle = 0;
            return Reason(candidate, e.Message);
        }
    }

    /// <inheritdoc/>
    public void Free(nint handle) => NativeLibrary.Free(handle);

    // The runtime puts its own advice first and the loader's reason last. On Linux that reason begins with the file that is missing.
    private static string Reason(string candidate, string message)
    {
        string reason = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
        return reason.StartsWith($"{candidate}:", StringComparison.Ordinal)
            && reason.EndsWith("No such file or directory", StringComparison.Ordinal)
            ? LibrarySearcher.NoSuchFile
            : reason;
    }
}
