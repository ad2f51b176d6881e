using System.Reflection;
using System.Xml.Linq;

namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>The documentation file that the package holds: public members only, with examples that run.</summary>
[TestClass]
public sealed class XmlDocsTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Library = typeof(MlpTrainerOptions).Assembly;

    /// <summary>What the package's file documents.</summary>
    private static XElement[] Members => [.. XDocument.Load(Path.ChangeExtension(Library.Location, ".xml")).Descendants("member")];

    [TestMethod]
    public void Members_EachOne_IsSeenByUsers()
    {
        string[] hidden = [.. Library.GetTypes().SelectMany(HiddenNames)];
        string[] documented = [.. Members.Select(member => WithoutParameters((string)member.Attribute("name")!))];

        CollectionAssert.AreEqual(Array.Empty<string>(), documented.Intersect(hidden).Order().ToArray());
        Assert.Contains("T:Microsoft.ML.MixedPrecision.MlpTrainerOptions", documented);
        Assert.Contains("P:Microsoft.ML.MixedPrecision.MlpTrainerOptions.HiddenLayers", documented);
        Assert.Contains("M:Microsoft.ML.MixedPrecision.PrecisionPolicy.Parse", documented);
    }

    [TestMethod]
    public void Types_EachOne_IsDocumented()
    {
        string[] documented = [.. Members.Select(member => (string)member.Attribute("name")!)];

        foreach (Type type in Library.GetExportedTypes())
        {
            Assert.Contains($"T:{Name(type)}", documented);
        }
    }

    [TestMethod]
    public void Examples_OfTrainersExportAndConfiguration_CompileAndRun()
    {
        string[] with =
        [
            .. Members.Where(member => member.Element("example") is not null).Select(
                member => WithoutParameters((string)member.Attribute("name")!)),
        ];
        string[] names =
        [
            "T:{0}.MlpMulticlassTrainer",
            "T:{0}.MlpBinaryTrainer",
            "T:{0}.MlpRegressionTrainer",
            "T:{0}.NetworkTrainerOptions",
            "M:{0}.MixedPrecisionModelCatalog.ExportToOnnx",
        ];
        foreach (string name in names)
        {
            Assert.Contains(string.Format(null, name, "Microsoft.ML.MixedPrecision"), with);
        }

        using var folder = new TemporaryFolder();
        string[] codes = [
            .. Members.SelectMany(member => member.Elements("example"))
                .SelectMany(example => example.Elements("code"))
                .Select(code => Dedented(code.Value))];
        string[] pages = [.. codes.Select((_, i) => folder.File($"example{i}.md"))];
        foreach ((string page, string code) in pages.Zip(codes))
        {
            File.WriteAllText(page, $"<!-- file: appsettings.json -->\n```json\n{{ \"Training\": {{ \"HiddenLayers\": [128, 64], "
                + $"\"Precision\": \"mixed_bfloat16\", \"LossScaling\": \"auto\", \"Device\": \"cpu\", \"Epochs\": 20 }} "
                + $"}}\n```\n\n```csharp\n{code}\n```\n");
        }

        (int failed, string said) = DocsProcess.Run(pages);
        Assert.AreEqual(0, failed, said);
    }

    /// <summary>Names of which no member is public or protected.</summary>
    private static IEnumerable<string> HiddenNames(Type type)
    {
        if (!type.IsVisible && !type.IsNestedFamily && !type.IsNestedFamORAssem)
        {
            return [$"T:{Name(type)}", .. type.GetMembers(Declared).Select(member => $"{Prefix(member)}:{Name(type)}.{Of(member)}")];
        }

        MemberInfo[] members = [.. type.GetMembers(Declared).Where(member => member is not Type)];
        ILookup<string, bool> visible = members.ToLookup(member => $"{Prefix(member)}:{Name(type)}.{Of(member)}", IsVisible);
        return visible.Where(name => !name.Any(seen => seen)).Select(name => name.Key);
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo one => IsVisible(one.AddMethod!),
        _ => true,
    };

    private static string Prefix(MemberInfo member)
        => member switch { MethodBase => "M", PropertyInfo => "P", FieldInfo => "F", EventInfo => "E", _ => "T" };

    private static string Of(MemberInfo member) => member.Name.Replace('.', '#');

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    private static string WithoutParameters(string name)
    {
        string start = name.Split('(')[0];
        int arity = start.IndexOf("``", StringComparison.Ordinal);
        return arity < 0 ? start : start[..arity];
    }

    private static string Dedented(string code)
    {
        string[] lines = code.Trim('\n', '\r').Split('\n');
        int indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..].TrimEnd() : "")).Trim();
    }
}
