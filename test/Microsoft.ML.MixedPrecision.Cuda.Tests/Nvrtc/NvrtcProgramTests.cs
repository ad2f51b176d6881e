using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Nvrtc;

/// <summary>Compiling.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class NvrtcProgramTests : GpuTest
{
    private static readonly Dictionary<string, string> NoHeaders = [];

    [TestMethod]
    public void Compile_KernelWithHeader_GivesMachineCode()
    {
        byte[] cubin = TestKernels.Compile(Context.Properties);

        CollectionAssert.AreEqual("\u007fELF"u8.ToArray(), cubin[..4]);
    }

    [TestMethod]
    public void Compile_SourceWithError_ShowsTheLog()
    {
        using var program = new NvrtcProgram("extern \"C\" __global__ void broken() { undeclared = 1; }", "broken.cu", NoHeaders);

        var error = Assert.ThrowsExactly<CudaException>(() => program.Compile(TestKernels.Architecture(Context.Properties)));

        StringAssert.Contains(error.Message, "NVRTC_ERROR_COMPILATION (6)");
        StringAssert.Contains(error.Message, "broken.cu(1)");
        StringAssert.Contains(error.Message, "\"undeclared\" is undefined");
    }

    [TestMethod]
    public void Compile_Warning_IsInTheLog()
    {
        using var program = new NvrtcProgram("extern \"C\" __global__ void f() { int unused; }", "f.cu", NoHeaders);

        program.Compile(TestKernels.Architecture(Context.Properties));

        StringAssert.Contains(program.Log, "unused");
    }

    [TestMethod]
    public void Compile_UnknownOption_SaysSo()
    {
        using var program = new NvrtcProgram("", "empty.cu", NoHeaders);

        var error = Assert.ThrowsExactly<CudaException>(() => program.Compile("--gpu-architecture=sm_1"));

        StringAssert.Contains(error.Message, "NVRTC_ERROR_INVALID_OPTION (5)");
    }
}
