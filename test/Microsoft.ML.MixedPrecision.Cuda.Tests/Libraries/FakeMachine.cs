using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Libraries;

/// <summary>A machine of either system, with the files that a test gives it.</summary>
internal sealed class FakeMachine : ILibraryLoader
{
    private readonly List<nint> _loaded = [];

    public bool IsWindows { get; init; }

    public Dictionary<string, string> Variables { get; init; } = [];

    /// <summary>Folders by the folder that they are in and the pattern that finds them.</summary>
    public Dictionary<(string Folder, string Pattern), string[]> Folders { get; init; } = [];

    /// <summary>What loads: paths, or names alone for what the system's loader finds.</summary>
    public HashSet<string> Files { get; init; } = [];

    /// <summary>Files that are there and do not load, and why.</summary>
    public Dictionary<string, string> Broken { get; init; } = [];

    /// <summary>How many libraries are loaded and not given back.</summary>
    public int Loaded => _loaded.Count;

    public SearchEnvironment Environment => new()
    {
        IsWindows = IsWindows,
        Architecture = "x64",
        ApplicationFolder = IsWindows ? @"C:\app\" : "/app/",
        Variable = name => Variables.GetValueOrDefault(name),
        Folders = (folder, pattern) => Folders.GetValueOrDefault((folder, pattern)) ?? [],
        FileExists = path => Files.Contains(path) || Broken.ContainsKey(path),
    };

    public LibrarySearcher Searcher => new(Environment, this);

    public string? Load(string candidate, out nint handle)
    {
        handle = 0;
        if (!Files.Contains(candidate))
        {
            return Broken.GetValueOrDefault(candidate, LibrarySearcher.NoSuchFile);
        }

        handle = candidate.GetHashCode(StringComparison.Ordinal) | 1;
        _loaded.Add(handle);
        return null;
    }

    public void Free(nint handle) => _loaded.Remove(handle);
}
