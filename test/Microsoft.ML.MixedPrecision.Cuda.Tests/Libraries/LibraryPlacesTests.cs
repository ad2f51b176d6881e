using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Libraries;

/// <summary>Where is looked, and in which order.</summary>
[TestClass]
internal sealed class LibraryPlacesTests
{
    [TestMethod]
    public void Of_Linux_GoesFromTheApplicationToPython()
    {
        var machine = new FakeMachine
        {
            Variables = new() { ["CUDA_PATH"] = "/cuda", ["CUDA_HOME"] = "/cuda", ["CONDA_PREFIX"] = "/conda", ["VIRTUAL_ENV"] = "/venv" },
            Folders = new()
            {
                [("/usr/local", "cuda-13*")] = ["/usr/local/cuda-13.1"],
                [("/venv/lib", "python3*")] = ["/venv/lib/python3.12"],
            },
        };

        string[] expected =
        [
            "/app/",
            "/app/runtimes/linux-x64/native",
            "",
            "/cuda/lib64",
            "/usr/local/cuda-13.1/lib64",
            "/usr/local/cuda/lib64",
            "/opt/cuda/lib64",
            "/conda/lib",
            "/venv/lib/python3.12/site-packages/nvidia/cu13/lib",
        ];
        CollectionAssert.AreEqual(expected, LibraryPlaces.Of(NativeLibraryKind.Nvrtc, 13, machine.Environment).ToArray());
    }

    [TestMethod]
    [DataRow(NativeLibraryKind.Nvrtc, "/venv/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib")]
    [DataRow(NativeLibraryKind.CublasLt, "/venv/lib/python3.11/site-packages/nvidia/cublas/lib")]
    public void Of_PythonPackagesOfCuda12_AreAFolderEach(NativeLibraryKind library, string expected)
    {
        var machine = new FakeMachine
        {
            Variables = new() { ["VIRTUAL_ENV"] = "/venv" },
            Folders = new() { [("/venv/lib", "python3*")] = ["/venv/lib/python3.11"] },
        };

        Assert.AreEqual(expected, LibraryPlaces.Of(library, 12, machine.Environment)[^1]);
    }

    [TestMethod]
    public void Of_Windows_KnowsTheFolderOfCuda13()
    {
        const string toolkit = @"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA";
        var machine = new FakeMachine
        {
            IsWindows = true,
            Variables = new() { ["CUDA_PATH"] = @"D:\cuda\", ["ProgramFiles"] = @"C:\Program Files" },
            Folders = new() { [(toolkit, "v13*")] = [toolkit + @"\v13.0"] },
        };

        string[] expected =
        [
            @"C:\app\",
            @"C:\app\runtimes\win-x64\native",
            "",
            @"D:\cuda\bin\x64",
            @"D:\cuda\bin",
            toolkit + @"\v13.0\bin\x64",
            toolkit + @"\v13.0\bin",
        ];
        CollectionAssert.AreEqual(expected, LibraryPlaces.Of(NativeLibraryKind.CublasLt, 13, machine.Environment).ToArray());
    }

    [TestMethod]
    public void Of_Driver_IsNeverTakenFromTheToolkit()
    {
        // The toolkit has a libcuda, too: a stub to link with.
        var linux = new FakeMachine { Variables = new() { ["CUDA_PATH"] = "/cuda" } };
        var windows = new FakeMachine { IsWindows = true, Variables = new() { ["CUDA_PATH"] = @"D:\cuda" } };

        CollectionAssert.AreEqual(
            new[] { "", "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64" },
            LibraryPlaces.Of(NativeLibraryKind.Driver, 0, linux.Environment).ToArray());
        CollectionAssert.AreEqual(new[] { "" }, LibraryPlaces.Of(NativeLibraryKind.Driver, 0, windows.Environment).ToArray());
    }
}
