namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>The pages that tell users how to do things: README and docs/.</summary>
internal static class DocsPages
{
    /// <summary>Their paths, in order.</summary>
    public static string[] Paths => [Path.Combine(RepositoryFolder.Root, "README.md"), .. Docs.Order(StringComparer.Ordinal)];

    /// <summary>Where code and commands of the pages find data.</summary>
    public static string Data => Path.Combine(RepositoryFolder.Root, "samples", "data");

    private static IEnumerable<string> Docs
        => Directory.EnumerateFiles(Path.Combine(RepositoryFolder.Root, "docs"), "*.md", SearchOption.AllDirectories);
}
