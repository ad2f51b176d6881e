using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DocsApp;

namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>What README and docs/ show besides C#: commands name what exists, links lead somewhere, data can be read.</summary>
[TestClass]
public sealed partial class DocsTextTests
{
    [TestMethod]
    public void Pages_Commands_NameWhatExists()
    {
        var commands = new ShellCommands(RepositoryFolder.Root);
        int seen = 0;
        foreach ((string path, Fence fence) in Fences().Where(page => page.Fence.Language is "sh" or "powershell"))
        {
            foreach (string command in ShellCommands.Of(fence.Text))
            {
                seen++;
                Assert.IsNull(commands.Fault(command), $"{path}({fence.Line}): {command}: {commands.Fault(command)}");
            }
        }

        Assert.IsGreaterThan(5, seen);
    }

    [TestMethod]
    [DataRow("dotnet run --project samples/Quickstart", null)]
    [DataRow("dotnet run -c Release --project test/Microsoft.ML.MixedPrecision.Benchmarks -- steps --seconds 0", null)]
    [DataRow("dotnet test", null)]
    [DataRow("dotnet build src/Microsoft.ML.MixedPrecision", null)]
    [DataRow("sudo apt-get install libcublas-13-0", null)]
    [DataRow("MIXEDPRECISION_LONG_TESTS=1 dotnet test", null)]
    [DataRow("build/bundle.sh", null)]
    [DataRow("dotnet run --project samples/Quickstar", "samples/Quickstar")]
    [DataRow("dotnet pack src/Microsoft.ML.Mixed", "src/Microsoft.ML.Mixed")]
    [DataRow("dotnet tset", "tset")]
    [DataRow("dotnet run --project samples/Quickstart -- --nothing", "--nothing")]
    [DataRow("dotnet run --project test/Microsoft.ML.MixedPrecision.Benchmarks -- stepps", "stepps")]
    [DataRow("dotnet run --project samples/OnnxScoring -p:OnnxRuntimeFlavour=Gpu", "OnnxRuntimeFlavour")]
    [DataRow("dotnet add package Microsoft.ML.Mixed", "Microsoft.ML.Mixed")]
    [DataRow("build/bundles.sh", "build/bundles.sh")]
    [DataRow("pythom build/fit_erfc.py", "pythom")]
    public void Commands_Fault_NamesWhatIsMissing(string command, string? missing)
    {
        string? fault = new ShellCommands(RepositoryFolder.Root).Fault(command);
        if (missing is null)
        {
            Assert.IsNull(fault);
        }
        else
        {
            StringAssert.Contains(fault, $"'{missing}'");
        }
    }

    [TestMethod]
    public void Pages_Blocks_AreOfKnownLanguagesAndCanBeRead()
    {
        foreach ((string path, Fence fence) in Fences())
        {
            string place = $"{path}({fence.Line})";
            switch (fence.Language)
            {
                case "json":
                    using (JsonDocument.Parse(fence.Text))
                    {
                    }

                    break;
                case "xml":
                    _ = XElement.Parse($"<block>{fence.Text}</block>");
                    break;
                default:
                    Assert.IsTrue(
                        fence.Language is "csharp" or "sh" or "powershell" or "text",
                        $"{place}: '{fence.Language}' is not csharp, sh, powershell, json, xml or text.");
                    break;
            }
        }
    }

    [TestMethod]
    public void Pages_Links_LeadToFilesAndHeadings()
    {
        int seen = 0;
        foreach (string path in DocsPages.Paths)
        {
            foreach (string link in Link().Matches(File.ReadAllText(path)).Select(link => link.Groups[1].Value))
            {
                if (link.StartsWith("https://", StringComparison.Ordinal))
                {
                    continue;
                }

                seen++;
                string[] parts = link.Split('#');
                string target = parts[0].Length == 0 ? path : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, parts[0]));
                Assert.IsTrue(Path.Exists(target), $"{path}: {link} leads nowhere.");
                Assert.IsTrue(parts.Length == 1 || Anchors(target).Contains(parts[1]), $"{path}: {link}: no heading there has this "
                    + $"anchor.");
            }
        }

        Assert.IsGreaterThan(20, seen);
    }

    private static IEnumerable<(string Path, Fence Fence)> Fences()
        => DocsPages.Paths.SelectMany(path => Page.Read(path).Fences.Select(fence => (path, fence)));

    /// <summary>Headings as anchors, by GitHub's rule: lower case, hyphens for blanks, and only letters, digits, hyphens,
    /// underscores.</summary>
    private static IEnumerable<string> Anchors(string page)
        => File.ReadLines(page).Where(line => line.StartsWith('#'))
            .Select(line => NotInAnchors().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
