using System.Xml.Linq;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>Samples print commands with paths, for the folder that they were started in.</summary>
[TestClass]
public sealed class SampleProjectTests
{
    /// <summary>Programs of the Web SDK run in their project's folder unless told otherwise.</summary>
    [TestMethod]
    public void WebSamples_RunInTheFolderTheyAreCalledIn()
    {
        string samples = Path.Combine(RepositoryFolder.Root, "samples");
        (string Path, XElement Project)[] web = [.. Directory.GetFiles(samples, "*.csproj", SearchOption.AllDirectories)
            .Select(path => (path, XElement.Load(path))).Where(sample => sample.Item2.Attribute("Sdk")?.Value == "Microsoft.NET.Sdk.Web")];

        Assert.HasCount(2, web);
        foreach ((string path, XElement project) in web)
        {
            Assert.AreEqual("false", project.Descendants("EnableDefaultRunWorkingDirectory").SingleOrDefault()?.Value, path);
        }
    }
}
