using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Tests.Files;

/// <summary>Files that cannot be written: the message names the one that was asked for, not the one beside it, and what to do.</summary>
[TestClass]
public sealed partial class ReplacedFileTests
{
    /// <summary>The user whose files nobody has.</summary>
    private const uint Nobody = 65534;

    private const string Beside = "/folder/model.onnx.0123.tmp";

    [TestMethod]
    public void Write_WhereTheDiskIsFull_NamesTheFileAndLeavesTheOlderOneAndNothingBeside()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        File.WriteAllText(path, "older");

        // 28 is ENOSPC, with the message that .NET makes of it.
        var full = new IOException($"No space left on device : '{Beside}'", 28);
        var error = Assert.ThrowsExactly<IOException>(() => ReplacedFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw full;
        }));

        Assert.AreEqual($"The file '{path}' cannot be written: No space left on device. Free space or look after that disk, or choose "
            + $"another folder.", error.Message);
        Assert.AreEqual(28, error.HResult);
        Assert.AreSame(full, error.InnerException);
        Assert.AreEqual("older", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [TestMethod]
    public void WriteDurably_WhereTheDiskIsFull_LeavesTheOlderFileAndNothingBeside()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("checkpoint");
        File.WriteAllText(path, "older");

        Assert.ThrowsExactly<IOException>(() => ReplacedFile.WriteDurably(path, stream =>
        {
            stream.WriteByte(1);
            throw new IOException("No space left on device", 28);
        }));

        Assert.AreEqual("older", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [TestMethod]
    public void WriteDurably_OverAnOlderFile_HoldsWhatWasWritten()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("checkpoint");
        File.WriteAllText(path, "older and longer");

        ReplacedFile.WriteDurably(path, stream => stream.Write("newer"u8));

        Assert.AreEqual("newer", File.ReadAllText(path));
    }

    [TestMethod]
    public void Write_WhereItIsNotAllowed_NamesTheFileAndWhatToAllow()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        var denied = new UnauthorizedAccessException($"Access to the path '{Beside}' is denied.");

        var error = Assert.ThrowsExactly<UnauthorizedAccessException>(() => ReplacedFile.Write(path, _ => throw denied));

        Assert.StartsWith($"The file '{path}' cannot be written: its folder must exist and be writable", error.Message);
        StringAssert.Contains(error.Message, "choose another folder");
        Assert.AreSame(denied, error.InnerException);
    }

    /// <summary>The superuser may write everywhere but here, too.</summary>
    [TestMethod]
    public void Export_ToTheNameOfAFolder_NamesItAndLeavesNothingBeside()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        Directory.CreateDirectory(path);
        var ml = new MLContext(seed: 1);
        ITransformer model = Onnx.Scoring.ExportedModels.FittedNetwork;

        Exception error = Assert.Throws<Exception>(() => ml.MixedPrecision().Model.ExportNetworkToOnnx(model, path));

        StringAssert.Contains(error.Message, $"The file '{path}' cannot be written");
        Assert.DoesNotContain(".tmp", error.Message);
        Assert.IsNotNull(error.InnerException);
        Assert.IsEmpty(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    /// <summary>The superuser may write everywhere, so that a thread of it works as somebody else.</summary>
    [TestMethod]
    public void Export_ToAReadOnlyFolder_NamesTheFile()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Folders of Windows have no such mode.");
            return;
        }

        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx"), directory = Path.GetDirectoryName(path)!;

        // Before the thread is somebody else, who may not be allowed to read the program's files.
        Export(Stream.Null);
        UnixFileMode before = File.GetUnixFileMode(directory);
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Exception? error = null;
        try
        {
            var thread = new Thread(() =>
            {
                if (Environment.IsPrivilegedProcess)
                {
                    _ = SetFileSystemUser(Nobody);
                }

                try
                {
                    new MLContext().MixedPrecision().Model.ExportToOnnx(
                        Onnx.Scoring.ExportedModels.FittedNetwork, Onnx.Scoring.ExportedModels.Train.Schema, path);
                }
                catch (Exception thrown)
                {
                    error = thrown; // Nobody would catch it here.
                }
            });
            thread.Start();
            thread.Join();
        }
        finally
        {
            File.SetUnixFileMode(directory, before);
        }

        Assert.IsInstanceOfType<UnauthorizedAccessException>(error);
        StringAssert.Contains(error!.Message, $"The file '{path}' cannot be written");
        Assert.IsEmpty(Directory.GetFiles(directory));
    }

    private static void Export(Stream stream)
        => new MLContext().MixedPrecision().Model.ExportToOnnx(
            Onnx.Scoring.ExportedModels.FittedNetwork, Onnx.Scoring.ExportedModels.Train.Schema, stream);

    /// <summary>Of this thread alone; with it go the superuser's rights to files. Linux.</summary>
    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileSystemUser(uint user);
}
