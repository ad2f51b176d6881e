using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Libraries;

/// <summary>Messages name what was tried and what to do.</summary>
[TestClass]
internal sealed class UnavailableTextTests
{
    [TestMethod]
    [DataRow(false, "libcuda.so.1 in the loader's own places, /usr/lib/wsl/lib, /usr/local/nvidia/lib64.")]
    [DataRow(true, "nvcuda.dll in the loader's own places.")]
    public void NoDriver_EachSystem_NamesTheFilesAndTheCpu(bool isWindows, string tried)
    {
        string text = UnavailableText.NoDriver(new FakeMachine { IsWindows = isWindows }.Searcher.Find(NativeLibraryKind.Driver));

        StringAssert.Contains(text, tried);
        StringAssert.Contains(text, "ComputeDevice.Cpu");
    }

    [TestMethod]
    [DataRow("No memory.")]
    [DataRow("No card. See what is there, or use ComputeDevice.Cpu.")]
    public void NoStart_AnyError_NamesTheCpuOnce(string error)
    {
        string text = UnavailableText.NoStart(error);

        StringAssert.Contains(text, error);
        Assert.AreEqual(2, text.Split("ComputeDevice.Cpu").Length, text);
    }

    [TestMethod]
    public void OldDriver_Version_IsReadable()
        => StringAssert.Contains(UnavailableText.OldDriver(11080), "supports CUDA 11.8; 12.0 is the oldest");

    [TestMethod]
    [DataRow(false, "cuda-nvrtc-13-0", "libcublasLt.so.12 in")]
    [DataRow(true, "CUDA Toolkit 13", "cublasLt64_12.dll in")]
    public void NoToolkit_EachSystem_NamesWhatIsMissingAndHowToGetIt(bool isWindows, string remedy, string missing)
    {
        ToolkitSearch toolkit = new FakeMachine { IsWindows = isWindows }.Searcher.FindToolkit([13, 12]);

        string text = UnavailableText.NoToolkit([13, 12], toolkit, isWindows);

        StringAssert.Contains(text, "both of version 13 or 12");
        StringAssert.Contains(text, remedy);
        StringAssert.Contains(text, missing);
    }

    [TestMethod]
    public void NoToolkit_LibraryThatIsThere_IsNotCalledMissing()
    {
        ToolkitSearch toolkit = new FakeMachine { Files = ["libnvrtc.so.12"] }.Searcher.FindToolkit([12]);

        string text = UnavailableText.NoToolkit([12], toolkit, isWindows: false);

        Assert.IsFalse(text.Contains("libnvrtc.so.12 in", StringComparison.Ordinal), text);
    }
}
