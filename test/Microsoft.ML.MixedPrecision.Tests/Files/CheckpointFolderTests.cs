using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Tests.Files;

/// <summary>The checkpoints of a run: how many stay, which is taken, and what is done about damaged ones.</summary>
[TestClass]
public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TemporaryFolder _parent = new();
    private readonly List<string> _warnings = [];

    private string Path => _parent.File("run");

    public void Dispose() => _parent.Dispose();

    [TestMethod]
    public void Save_MoreThanAreKept_LeavesTheNewest()
    {
        using var folder = new CheckpointFolder(Path, keep: 2);

        foreach (long attempts in new[] { 9, 10, 99, 100, 1_000_000_000_000_000 })
        {
            Save(folder, attempts);
        }

        string[] expected = ["checkpoint-000000000100.safetensors", "checkpoint-1000000000000000.safetensors", "lock"];
        CollectionAssert.AreEquivalent(expected, Names());
    }

    [TestMethod]
    public void Save_OneThatFails_LeavesThoseBefore()
    {
        using var folder = new CheckpointFolder(Path, keep: 1);
        Save(folder, 1);
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "checkpoint-000000000002.safetensors"));

        Assert.Throws<Exception>(() => Save(folder, 2));

        Assert.AreEqual(1L, Latest(folder));
        CollectionAssert.AreEquivalent(new[] { "checkpoint-000000000001.safetensors", "lock" }, Names());
    }

    [TestMethod]
    public void TryReadLatest_EmptyFolder_IsNull()
    {
        using var folder = new CheckpointFolder(Path, keep: 2);

        Assert.IsNull(Latest(folder));
    }

    [TestMethod]
    public void TryReadLatest_FinishedRunAndItsLastStep_TakesTheFinishedOne()
    {
        using var folder = new CheckpointFolder(Path, keep: 2);
        Save(folder, 12);
        folder.Save(new CheckpointName(12, IsFinished: true), SomeCheckpoint.Contents(13));

        Assert.AreEqual(13L, Latest(folder));
    }

    [TestMethod]
    public void TryReadLatest_FinishedRunAndALaterStep_TakesTheLaterOne()
    {
        using var folder = new CheckpointFolder(Path, keep: 2);
        folder.Save(new CheckpointName(12, IsFinished: true), SomeCheckpoint.Contents(12));
        Save(folder, 13);

        Assert.AreEqual(13L, Latest(folder));
    }

    [TestMethod]
    public void TryReadLatest_NewestDamaged_TakesTheOneBeforeWithAWarningThatNamesIt()
    {
        using var folder = new CheckpointFolder(Path, keep: 3);
        Save(folder, 1);
        Save(folder, 2);
        Save(folder, 3);
        string altered = File(3), cut = File(2);
        Alter(altered);
        System.IO.File.WriteAllBytes(cut, System.IO.File.ReadAllBytes(cut)[..100]);

        Assert.AreEqual(1L, Latest(folder));

        Assert.HasCount(2, _warnings);
        StringAssert.Contains(_warnings[0], $"'{altered}' cannot be read: Its checksum does not agree");
        StringAssert.Contains(_warnings[1], $"'{cut}' cannot be read");
        StringAssert.EndsWith(_warnings[0], "The one before it is taken, 'checkpoint-000000000001.safetensors'.");
    }

    [TestMethod]
    public void TryReadLatest_AllDamaged_ThrowsAndSaysWhatToDo()
    {
        using var folder = new CheckpointFolder(Path, keep: 2);
        Save(folder, 1);
        Save(folder, 2);
        Alter(File(1));
        Alter(File(2));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Latest(folder));

        Assert.StartsWith($"None of the 2 checkpoints in '{Path}' can be read: The checkpoint '{File(2)}'", error.Message);
        Assert.EndsWith("To train anew, delete the folder, or set Resume to false.", error.Message);
        Assert.IsEmpty(_warnings);
    }

    [TestMethod]
    public void TryReadLatest_NewestRefusedByItsReader_TakesTheOneBefore()
    {
        using var folder = new CheckpointFolder(Path, keep: 2);
        Save(folder, 1);
        Save(folder, 2);

        (string File, long Contents)? found = CheckpointFolder.TryReadLatest(
            Path,
            contents => Number(contents) is var number and < 2 ? number : throw new InvalidDataException("It is too new."), _warnings.Add);

        Assert.AreEqual(1L, found?.Contents);
        Assert.StartsWith("It is too new.", _warnings.Single());
    }

    [TestMethod]
    public void Open_FolderWithLeftovers_IgnoresAndRemovesThem()
    {
        using (var folder = new CheckpointFolder(Path, keep: 2))
        {
            Save(folder, 1);
        }

        System.IO.File.WriteAllText(File(2) + ".0123.tmp", "half a checkpoint");
        System.IO.File.WriteAllText(System.IO.Path.Combine(Path, "notes.txt"), "someone's");

        using var again = new CheckpointFolder(Path, keep: 2);

        Assert.AreEqual(1L, Latest(again));
        CollectionAssert.AreEquivalent(new[] { "checkpoint-000000000001.safetensors", "lock", "notes.txt" }, Names());
    }

    [TestMethod]
    public void Open_FolderOfARunThatGoesOn_ThrowsAndNamesIt()
    {
        using (new CheckpointFolder(Path, keep: 2))
        {
            var error = Assert.ThrowsExactly<IOException>(() => new CheckpointFolder(Path, keep: 2));
            Assert.StartsWith($"The checkpoints in '{Path}' belong to a run that is still going on", error.Message);
        }

        new CheckpointFolder(Path, keep: 2).Dispose();
    }

    [TestMethod]
    public void SetAside_Twice_KeepsBothRunsAndLeavesNothingToGoOnFrom()
    {
        using var folder = new CheckpointFolder(Path, keep: 2);
        Assert.IsNull(folder.SetAside());
        Save(folder, 1);
        Save(folder, 2);
        Assert.AreEqual(System.IO.Path.Combine(Path, "earlier-1"), folder.SetAside());
        Save(folder, 3);
        Assert.AreEqual(System.IO.Path.Combine(Path, "earlier-2"), folder.SetAside());

        Assert.IsNull(Latest(folder));
        Assert.HasCount(2, CheckpointName.In(System.IO.Path.Combine(Path, "earlier-1")));
        Assert.HasCount(1, CheckpointName.In(System.IO.Path.Combine(Path, "earlier-2")));
    }

    [TestMethod]
    [DataRow("checkpoint-12.safetensors", true)]
    [DataRow("finished-000000000012.safetensors", true)]
    [DataRow("checkpoint-.safetensors", false)]
    [DataRow("checkpoint--12.safetensors", false)]
    [DataRow("checkpoint-12.safetensors.0123.tmp", false)]
    [DataRow("checkpoint-12.safetensor5", false)]
    [DataRow("best-12.safetensors", false)]
    public void NameOf_File_IsACheckpointsOrNone(string name, bool isOne)
        => Assert.AreEqual(isOne ? 12L : null, CheckpointName.Of($"/folder/{name}")?.Attempts);

    private string File(long attempts) => System.IO.Path.Combine(Path, new CheckpointName(attempts, IsFinished: false).ToString());

    private string?[] Names() => [.. Directory.GetFiles(Path).Select(System.IO.Path.GetFileName)];

    private static void Save(CheckpointFolder folder, long attempts)
        => folder.Save(new CheckpointName(attempts, IsFinished: false), SomeCheckpoint.Contents((int)(attempts % int.MaxValue)));

    private long? Latest(CheckpointFolder folder) => CheckpointFolder.TryReadLatest(folder.Path, Number, _warnings.Add)?.Contents;

    private static long Number(CheckpointContents contents) => (long)BitConverter.ToSingle(contents.Tensors[0].Bytes, 20);

    private static void Alter(string path)
    {
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        bytes[200] ^= 1;
        System.IO.File.WriteAllBytes(path, bytes);
    }
}
