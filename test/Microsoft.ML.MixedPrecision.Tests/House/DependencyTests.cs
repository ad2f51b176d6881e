using System.Text.RegularExpressions;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>Dependencies point one way, and ML.NET is met in few folders only: read off the <c>using</c> lines.</summary>
[TestClass]
public sealed partial class DependencyTests
{
    /// <summary>From what others build on to what builds on others; folders of one line may use each other.</summary>
    private static readonly string[][] Layers =
    [
        ["Files", "Cuda"],
        ["Tensors"],
        ["Precision"],
        ["Onnx.Graph", "Onnx.Safety"],
        ["Graph", "Ops", "Losses", "Optimizers"],
        ["Layers"],
        ["Networks"],
        ["Rows"],
        ["Plan"],
        ["Step"],
        ["Scoring"],
        ["Reports"],
        ["Run"],
        ["Data", "Trainers", "Onnx.Pipeline", "Onnx.Scoring", "Diagnostics"],
        [""],
    ];

    private static readonly string[] MLNetFolders = ["Data", "Trainers", "Onnx.Pipeline", "Onnx.Scoring", ""];

    [TestMethod]
    public void Sources_UsingLines_PointOneWay()
    {
        foreach ((string file, string folder, string used) in UsingsOfOurs())
        {
            Assert.IsGreaterThanOrEqualTo(Layer(used), Layer(folder), $"{file} uses {used}, which builds on {folder}");
        }
    }

    [TestMethod]
    public void Sources_MLNetTypes_AppearOnlyInTheGlue()
    {
        foreach ((string file, string folder) in Sources())
        {
            bool usesMLNet = Usings(file).Any(used => used.StartsWith("Microsoft.ML", StringComparison.Ordinal)
                && !used.StartsWith("Microsoft.ML.MixedPrecision", StringComparison.Ordinal)
                && !used.StartsWith("Microsoft.ML.OnnxRuntime", StringComparison.Ordinal));
            Assert.IsFalse(usesMLNet && !MLNetFolders.Contains(folder), $"{file} uses ML.NET");
        }
    }

    private static int Layer(string folder)
    {
        int layer = Array.FindIndex(Layers, names => names.Any(name => folder == name || (name.Length > 0 && folder.StartsWith(name + ".", StringComparison.Ordinal))));
        Assert.IsGreaterThanOrEqualTo(0, layer, $"'{folder}' has no place in the order of folders");
        return layer;
    }

    private static IEnumerable<(string File, string Folder, string Used)> UsingsOfOurs()
        => from source in Sources()
           from used in Usings(source.File)
           where used.StartsWith("Microsoft.ML.MixedPrecision.", StringComparison.Ordinal)
           select (source.File, source.Folder, used["Microsoft.ML.MixedPrecision.".Length..]);

    private static IEnumerable<(string File, string Folder)> Sources()
    {
        string root = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.MixedPrecision");
        foreach (string file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories))
        {
            string[] parts = Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar);
            if (parts[0] is not ("bin" or "obj"))
            {
                yield return (file, parts.Length == 1 ? "" : parts[0] == "Onnx" ? $"Onnx.{parts[1]}" : parts[0]);
            }
        }
    }

    private static IEnumerable<string> Usings(string file)
        => UsingLine().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();
}
