using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Libraries;

/// <summary>Which file is loaded, and what is said of the others.</summary>
[TestClass]
internal sealed class LibrarySearcherTests
{
    [TestMethod]
    public void Find_BesideTheApplicationAndInTheSystem_TakesTheApplications()
    {
        var machine = new FakeMachine { Files = ["/app/libnvrtc.so.13", "libnvrtc.so.13"] };

        LibrarySearch search = machine.Searcher.Find(NativeLibraryKind.Nvrtc, 13);

        Assert.IsTrue(search.Found);
        Assert.AreEqual("/app/libnvrtc.so.13", search.Attempts[^1].Candidate);
    }

    [TestMethod]
    public void Find_FileThatDoesNotLoad_GoesOnAndKeepsTheReason()
    {
        var machine = new FakeMachine
        {
            IsWindows = true,
            Broken = new() { [@"C:\app\cublasLt64_13.dll"] = "wrong architecture" },
            Files = ["cublasLt64_13.dll"],
        };

        LibrarySearch search = machine.Searcher.Find(NativeLibraryKind.CublasLt, 13);

        Assert.IsTrue(search.Found);
        Assert.AreEqual("wrong architecture", search.Attempts[0].Problem);
        StringAssert.Contains(search.Describe(), @"C:\app (wrong architecture), C:\app\runtimes\win-x64\native, the loader's own places");
    }

    [TestMethod]
    public void FindToolkit_BothVersions_TakesTheNewer()
    {
        var machine = new FakeMachine { Files = ["libnvrtc.so.13", "libcublasLt.so.13", "libnvrtc.so.12", "libcublasLt.so.12"] };

        ToolkitSearch toolkit = machine.Searcher.FindToolkit([13, 12]);

        Assert.AreEqual(13, toolkit.Major);
        CollectionAssert.AreEqual(
            new[] { "libnvrtc.so.13", "libcublasLt.so.13" },
            toolkit.Libraries.Select(search => search.FileName).ToArray());
    }

    [TestMethod]
    public void FindToolkit_OneOfTheNewerMissing_MixesNothing()
    {
        var machine = new FakeMachine { Files = ["libnvrtc.so.13", "libnvrtc.so.12", "libcublasLt.so.12"] };

        ToolkitSearch toolkit = machine.Searcher.FindToolkit([13, 12]);

        Assert.AreEqual(12, toolkit.Major);
        Assert.AreEqual(2, machine.Loaded, "the library of the version that is not used is given back");
        Assert.IsTrue(toolkit.Failed.Any(search => search.FileName == "libcublasLt.so.13"));
    }

    [TestMethod]
    public void FindToolkit_NoneComplete_LeavesNothingLoaded()
    {
        var machine = new FakeMachine { Files = ["libnvrtc.so.13", "libcublasLt.so.12"] };

        ToolkitSearch toolkit = machine.Searcher.FindToolkit([13, 12]);

        Assert.IsNull(toolkit.Major);
        Assert.IsEmpty(toolkit.Libraries);
        Assert.AreEqual(0, machine.Loaded);
    }

    [TestMethod]
    public void Load_FileThatIsMissing_IsNoSuchFile()
    {
        string? problem = new SystemLibraryLoader().Load("libthere-is-no-such-library.so.77", out nint handle);

        Assert.AreEqual(0, handle);
        Assert.IsFalse(string.IsNullOrEmpty(problem));
        if (OperatingSystem.IsLinux())
        {
            Assert.AreEqual(LibrarySearcher.NoSuchFile, problem);
        }
    }
}
