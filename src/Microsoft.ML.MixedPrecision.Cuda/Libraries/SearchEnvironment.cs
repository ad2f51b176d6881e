using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>What the search for libraries reads of a machine, so that it can be told of another.</summary>
internal sealed class SearchEnvironment
{
    /// <summary>This machine and process.</summary>
    public static SearchEnvironment Current { get; } = new()
    {
        IsWindows = OperatingSystem.IsWindows(),
        Architecture = RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64",
        ApplicationFolder = AppContext.BaseDirectory,
        Variable = Environment.GetEnvironmentVariable,
        Folders = FoldersOnDisk,
        FileExists = File.Exists,
    };

    /// <summary>Windows, else Linux.</summary>
    public required bool IsWindows { get; init; }

    /// <summary>The processor in runtime identifiers: <c>x64</c> or <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Where the application's assemblies lie.</summary>
    public required string ApplicationFolder { get; init; }

    /// <summary>Reads an environment variable; null where it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Folders in a folder whose name matches a pattern such as <c>cuda-13*</c>, the last name first; none where there are
    /// none.</summary>
    public required Func<string, string, IReadOnlyList<string>> Folders { get; init; }

    /// <summary>Whether a file is there.</summary>
    public required Func<string, bool> FileExists { get; init; }

    /// <summary>A path of this machine's kind.</summary>
    /// <param name="parts">Its parts, the first one absolute.</param>
    public string Join(params ReadOnlySpan<string> parts)
    {
        char separator = IsWindows ? '\\' : '/';
        return parts[0].TrimEnd(separator) + separator + string.Join(separator, parts[1..]!);
    }

    private static IReadOnlyList<string> FoldersOnDisk(string folder, string pattern)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder, pattern).OrderDescending(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
