using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests;

/// <summary>Messages of failed calls, without a call.</summary>
[TestClass]
internal sealed class FailedCallTests
{
    [TestMethod]
    [DataRow("cuInit(0)", "cuInit")]
    [DataRow("NativeMethods.cuMemFree_v2(handle)", "cuMemFree_v2")]
    [DataRow("cublasLtMatmul(this, f(x), y)", "cublasLtMatmul")]
    [DataRow("nvrtcCompileProgram", "nvrtcCompileProgram")]
    public void Function_Call_IsItsNameAlone(string call, string expected) => Assert.AreEqual(expected, FailedCall.Function(call));

    [TestMethod]
    public void Describe_AllParts_ReadsAsSentences()
        => Assert.AreEqual(
            "CUDA driver: cuMemAlloc_v2 failed with CUDA_ERROR_OUT_OF_MEMORY (2): out of memory. Use less.",
            FailedCall.Describe("CUDA driver", "cuMemAlloc_v2(out p, n)", "CUDA_ERROR_OUT_OF_MEMORY", 2, "out of memory", "Use less."));

    [TestMethod]
    public void Describe_NoRemedy_EndsWithTheText()
        => Assert.AreEqual("NVRTC: f failed with E (9): why.", FailedCall.Describe("NVRTC", "f()", "E", 9, "why.", ""));

    [TestMethod]
    public void Describe_NoText_EndsWithTheNumber()
        => Assert.AreEqual("NVRTC: f failed with E (9). Do this.", FailedCall.Describe("NVRTC", "f()", "E", 9, "", "Do this."));

    [TestMethod]
    public void ThrowIfFailed_Success_CallsNothing()
    {
        DriverStatus.ThrowIfFailed(CUresult.CUDA_SUCCESS);
        NvrtcStatus.ThrowIfFailed(nvrtcResult.NVRTC_SUCCESS);
        CublasStatus.ThrowIfFailed(cublasStatus_t.CUBLAS_STATUS_SUCCESS);
    }

    [TestMethod]
    public void Remedy_StatusesOfThisAssembly_AllHaveOne()
    {
        foreach (CUresult status in Enum.GetValues<CUresult>().Where(status => status != CUresult.CUDA_SUCCESS))
        {
            Assert.AreNotEqual("", DriverStatus.Remedy(status), status.ToString());
        }

        foreach (cublasStatus_t status in Enum.GetValues<cublasStatus_t>().Where(status => status != cublasStatus_t.CUBLAS_STATUS_SUCCESS))
        {
            Assert.AreNotEqual("", CublasStatus.Remedy(status), status.ToString());
        }
    }

    [TestMethod]
    public void NativeStructures_Sizes_AreTheHeaders()
    {
        Assert.AreEqual(64, System.Runtime.CompilerServices.Unsafe.SizeOf<cublasLtMatmulAlgo_t>());
        Assert.AreEqual(96, System.Runtime.CompilerServices.Unsafe.SizeOf<cublasLtMatmulHeuristicResult_t>());
    }
}
