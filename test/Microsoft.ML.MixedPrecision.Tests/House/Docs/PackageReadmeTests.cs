using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>README as the package has it, by build/PackageReadme.targets: a package site follows no link into a repository.</summary>
[TestClass]
public sealed partial class PackageReadmeTests
{
    [TestMethod]
    public void WritePackageReadme_WithoutASource_NamesFilesAndLinksNothingRelative()
    {
        string packed = Write();

        Assert.IsEmpty(Links().Matches(packed));
        foreach (Match link in Links().Matches(Readme()))
        {
            StringAssert.Contains(packed, $"{link.Groups["text"].Value} ({link.Groups["target"].Value})");
        }
    }

    [TestMethod]
    [DataRow("https://example.org/project/blob/main")]
    [DataRow("https://example.org/project/blob/main/")]
    public void WritePackageReadme_WithASource_MakesEachLinkAbsolute(string source)
    {
        string expected = Links().Replace(Readme(), "[${text}](https://example.org/project/blob/main/${target})");

        Assert.AreEqual(expected.TrimEnd(), Write($"-p:MixedPrecisionSourceUrl={source}").TrimEnd());
    }

    /// <summary>Packing changes nothing that the repository keeps.</summary>
    [TestMethod]
    public void PackageReadmePath_OfTheProject_LiesWithWhatIsBuilt()
        => StringAssert.StartsWith(Run("-getProperty:PackageReadmePath").Replace('\\', '/'), "obj/");

    [TestMethod]
    public void Readme_HasRelativeLinks() => Assert.IsGreaterThan(10, Links().Count(Readme()));

    private static string Readme() => File.ReadAllText(Path.Combine(RepositoryFolder.Root, "README.md"));

    private static string Write(params string[] properties)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.md");
        try
        {
            Run(["-t:WritePackageReadme", $"-p:PackageReadmePath={path}", .. properties]);
            return File.ReadAllText(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Run(params string[] arguments)
    {
        string folder = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.MixedPrecision");
        string project = Path.Combine(folder, "Microsoft.ML.MixedPrecision.csproj");
        var start = new ProcessStartInfo("dotnet", ["msbuild", project, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, said);
        return said;
    }

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\((?<target>(?!https?:)[^)]+)\)")]
    private static partial Regex Links();
}
