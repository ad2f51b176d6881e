namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>Dependencies point one way, and ML.NET is met in few rooms only: read off the types that sources name
/// (test/RoomsApp).</summary>
[TestClass]
public sealed class DependencyTests
{
    /// <summary>From what others build on to what builds on others; rooms of one line may use each other, but not in a ring.</summary>
    private static readonly string[][] Levels =
    [
        ["Files", "Cuda"],
        ["Tensors"],
        ["Precision", "Text"],
        ["Onnx/Graph", "Onnx/Safety"],
        ["Graph"],
        ["Ops", "Losses", "Optimizers"],
        ["Layers"],
        ["Networks"],
        ["Pretrained"],
        ["Rows"],
        ["Plan"],
        ["Step"],
        ["Scoring"],
        ["Reports"],
        ["Run"],
        ["Data", "Trainers", "Onnx/Pipeline", "Onnx/Scoring", "Diagnostics"],
        [""],
    ];

    private static readonly string[] MLNetRooms = ["Data", "Trainers", "Onnx/Pipeline", "Onnx/Scoring", ""];

    private static readonly Lazy<IReadOnlyList<SourceReference>> References = new(
        () => SourceReference.Of(Path.Combine(RepositoryFolder.Root, "src")));

    [TestMethod]
    public void Types_OfSources_PointOneWay()
    {
        Assert.IsGreaterThan(1000, References.Value.Count, "references were read");
        AssertNone(Upward(References.Value), "builds on what builds on it");
    }

    [TestMethod]
    public void Rooms_OfOneLevel_MakeNoRing() => AssertNone(Rings(References.Value), "rooms use each other in a ring");

    [TestMethod]
    public void MLNetTypes_AppearOnlyInTheGlue() => AssertNone(OfMLNet(References.Value), "uses ML.NET");

    /// <summary>Types of the root namespace, which no using line shows; a member of a part in another room; a ring over three rooms; a type
    /// of ML.NET.</summary>
    [TestMethod]
    public void Sources_ThatAreWrong_AreNamed()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "Precision/Policy.cs", "namespace A; public sealed class Policy { public static object Make() => Plan.Run(); }");
        Write(folder, "Plan/Plan.cs", "namespace A; public static partial class Plan { public static object Run() => new(); }");
        Write(folder, "Data/Reader.cs", "namespace A; internal sealed class Reader { private readonly Trainer? _trainer = null; }");
        Write(folder, "Trainers/Trainer.cs", "namespace A; internal class Trainer { public void Fit() { var exporter = "
            + "Exporter.Make(); } }");
        Write(folder, "Onnx/Pipeline/Exporter.cs", "namespace A; internal sealed class Exporter { public static Exporter Make() => "
            + "new(); public void Do(Reader of) { } }");
        Write(folder, "Rows/Store.cs", "using Microsoft.ML; namespace A; internal sealed class Store { public void Read(IDataView "
            + "data) { } }");
        Write(folder, "Rows/Good.cs", "namespace A; /// <summary><see cref=\"Plan\"/>.</summary>\ninternal sealed class Good { }");
        IReadOnlyList<SourceReference> references = SourceReference.Of(folder.File(""));

        Assert.AreEqual("Library/Precision/Policy.cs(1) uses Plan of Library/Plan/Plan.cs", string.Join('|', Upward(references)));
        Assert.AreEqual("Data -> Trainers -> Onnx/Pipeline -> Data", string.Join('|', Rings(references)));
        Assert.AreEqual("Library/Rows/Store.cs(1) uses IDataView of [Microsoft.ML.DataView]", string.Join('|', OfMLNet(references)));
    }

    private static void Write(TemporaryFolder folder, string file, string text)
    {
        string path = folder.File(Path.Combine("Library", file));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static IEnumerable<string> Upward(IEnumerable<SourceReference> references)
        => from reference in references
           where reference.Used is { } used && Level(used) > Level(reference.Room)
           select reference.ToString();

    private static IEnumerable<string> OfMLNet(IEnumerable<SourceReference> references)
        => from reference in references
           where reference.Where.StartsWith("[Microsoft.ML", StringComparison.Ordinal)
               && !reference.Where.StartsWith("[Microsoft.ML.OnnxRuntime", StringComparison.Ordinal)
               && !MLNetRooms.Contains(reference.Room)
           select reference.ToString();

    /// <summary>For each level a ring of its rooms, if there is one.</summary>
    private static IEnumerable<string> Rings(IEnumerable<SourceReference> references)
    {
        ILookup<string, string> uses = references.Where(reference => reference.Used is { } used && used != reference.Room)
            .Select(reference => (reference.Room, Used: reference.Used!)).Distinct().ToLookup(pair => pair.Room, pair => pair.Used);
        foreach (string[] level in Levels)
        {
            if (level.Select(room => RingFrom([room], level, uses)).FirstOrDefault(ring => ring is not null) is { } ring)
            {
                yield return string.Join(" -> ", ring);
            }
        }
    }

    private static string[]? RingFrom(string[] path, string[] level, ILookup<string, string> uses)
        => uses[path[^1]].Contains(path[0]) ? [.. path, path[0]]
            : uses[path[^1]].Where(next => level.Contains(next) && !path.Contains(next))
                .Select(next => RingFrom([.. path, next], level, uses))
                .FirstOrDefault(ring => ring is not null);

    private static int Level(string room)
    {
        int level = Array.FindIndex(Levels, rooms => rooms.Contains(room));
        Assert.IsGreaterThanOrEqualTo(0, level, $"'{room}' has no place in the order of rooms");
        return level;
    }

    private static void AssertNone(IEnumerable<string> faults, string what)
    {
        string[] found = [.. faults];
        Assert.IsEmpty(found, $"{what}:{Environment.NewLine}{string.Join(Environment.NewLine, found)}");
    }
}
