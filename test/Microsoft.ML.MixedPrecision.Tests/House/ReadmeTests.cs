using System.Text.RegularExpressions;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>What README shows is code that runs: the example stands, line by line, in <see cref="ReadmeExample"/>.</summary>
[TestClass]
public sealed partial class ReadmeTests
{
    [TestMethod]
    public void Readme_Example_StandsInATest()
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "README.md"));
        string[] test = Lines(File.ReadAllText(Path.Combine(RepositoryFolder.Root, "test", "Microsoft.ML.MixedPrecision.Tests", "House", "ReadmeExample.cs")));
        MatchCollection examples = CSharpBlock().Matches(readme);
        Assert.IsNotEmpty(examples);
        foreach (string line in examples.SelectMany(example => Lines(example.Groups[1].Value)))
        {
            CollectionAssert.Contains(test, line);
        }
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];

    [GeneratedRegex(@"```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
