using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests;

/// <summary>What is found on this machine, whichever it is.</summary>
[TestClass]
internal sealed class InstallationTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Current_AnyMachine_IsUsableOrSaysWhyNot()
    {
        CudaInstallation installation = CudaInstallation.Current;

        Assert.AreEqual(installation.Problem is null, installation.Toolkit.Major is not null);
        Assert.IsNotEmpty(installation.Driver.Attempts);
    }

    [TestMethod]
    public void Calls_WithoutCuda_SayWhyNot()
    {
        if (CudaInstallation.Current.Problem is not { } problem)
        {
            Assert.Inconclusive("CUDA can be used here.");
            return;
        }

        Assert.AreEqual(problem, Assert.ThrowsExactly<CudaUnavailableException>(() => new CudaContext(0)).Message);
        Assert.AreEqual(problem, Assert.ThrowsExactly<CudaUnavailableException>(() => NvrtcCompiler.ReadVersion()).Message);
    }

    [TestMethod]
    [TestCategory(Gpu.Category)]
    public void Current_WithGpu_HasDriverCardAndLibrariesOfOneVersion()
    {
        using CudaContext context = Gpu.Open();
        CudaInstallation installation = CudaInstallation.Current;
        CudaProperties card = context.Properties;
        TestContext.WriteLine($"{card}, driver {installation.DriverVersion}, CUDA {installation.Toolkit.Major}");

        Assert.IsGreaterThanOrEqualTo(12000, installation.DriverVersion);
        Assert.AreEqual(installation.Toolkit.Major, NvrtcCompiler.ReadVersion().Major);
        Assert.AreEqual(installation.Toolkit.Major, CublasLtLibrary.ReadVersion().Major);
        Assert.IsGreaterThan(0, card.Multiprocessors);
        Assert.IsGreaterThan(1L << 30, card.Memory);
        Assert.IsGreaterThan(0, card.L2Cache);
        StringAssert.StartsWith(card.Uuid, "GPU-");
        Assert.IsFalse(string.IsNullOrWhiteSpace(card.Name));
    }
}
