using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>Where the sources that this assembly was built from lie.</summary>
internal static class RepositoryFolder
{
    /// <summary>The root of the repository.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", ".."));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
