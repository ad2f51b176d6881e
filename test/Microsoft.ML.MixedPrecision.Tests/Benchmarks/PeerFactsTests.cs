using Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

namespace Microsoft.ML.MixedPrecision.Tests.Benchmarks;

/// <summary>Which PyTorch the CPU benchmark compares with: one that others would not call badly set up, or none.</summary>
[TestClass]
public sealed class PeerFactsTests
{
    private static readonly PeerFacts Fit = new("1.13.0", "3.11.2", 2, "AVX2", "OpenBLAS 0.3.21", "openmp", "SkylakeX");

    [TestMethod]
    [DataRow("openmp", "SkylakeX", "AVX2", null)]
    [DataRow("openmp", "Haswell", "AVX512", null)]
    [DataRow("pthreads", "Zen", "AVX2", "PASSIVE")]
    [DataRow("pthreads", "Cooperlake", "AVX2", "passive")]
    public void Fault_WellSetUp_IsNull(string blasThreads, string core, string capability, string? waitPolicy)
        => Assert.IsNull(
            (Fit with { BlasThreads = blasThreads, BlasCore = core, Capability = capability })
                .Fault(processorHasAvx2: true, threads: 2, waitPolicy));

    [TestMethod]
    [DataRow("Prescott")]
    [DataRow("Barcelona")]
    [DataRow("sandybridge")]
    public void Fault_NarrowKernelsOnAvx2_NamesTheCoreToTake(string core)
        => StringAssert.Contains(
            (Fit with { BlasCore = core }).Fault(true, 2, null),
            "set OPENBLAS_CORETYPE to Haswell or Zen",
            StringComparison.Ordinal);

    [TestMethod]
    public void Fault_NarrowKernelsOnOldProcessor_IsNull()
        => Assert.IsNull(
            (Fit with { BlasCore = "Prescott", Capability = "DEFAULT" }).Fault(processorHasAvx2: false, threads: 2, waitPolicy: null));

    [TestMethod]
    [DataRow(null)]
    [DataRow("ACTIVE")]
    public void Fault_PthreadsAgainstSpinningOpenMp_SaysWhatToSet(string? waitPolicy)
        => StringAssert.Contains((Fit with { BlasThreads = "pthreads" }).Fault(true, 2, waitPolicy),
            "set OMP_WAIT_POLICY=PASSIVE or install libopenblas0-openmp", StringComparison.Ordinal);

    [TestMethod]
    public void Fault_PthreadsOnOneThread_IsNull()
        => Assert.IsNull((Fit with { BlasThreads = "pthreads", Threads = 1 }).Fault(true, threads: 1, waitPolicy: null));

    [TestMethod]
    public void Fault_ReferenceBlas_SaysWhatToInstall()
        => StringAssert.Contains(
            (Fit with { Blas = "reference BLAS or unknown", BlasThreads = "none" }).Fault(true, 2, null),
            "libopenblas0-openmp",
            StringComparison.Ordinal);

    [TestMethod]
    public void Fault_SerialBlas_SaysSo()
        => StringAssert.Contains(
            (Fit with { BlasThreads = "none" }).Fault(true, 2, null),
            "computes with one thread",
            StringComparison.Ordinal);

    [TestMethod]
    public void Fault_OtherNumberOfThreads_GivesBoth()
        => StringAssert.Contains((Fit with { Threads = 1 }).Fault(true, 2, null), "1 threads, ours with 2", StringComparison.Ordinal);

    [TestMethod]
    public void Fault_NarrowPyTorchKernels_SaysSo()
        => StringAssert.Contains(
            (Fit with { Capability = "DEFAULT" }).Fault(true, 2, null),
            "leave ATEN_CPU_CAPABILITY unset",
            StringComparison.Ordinal);

    [TestMethod]
    public void Apply_ForeignSettings_AreNotHandedOn()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["OPENBLAS_L2_SIZE"] = "512",
            ["OPENBLAS_CORETYPE"] = "Prescott",
            ["OMP_NUM_THREADS"] = "1",
            ["HOME"] = "/",
        };

        new PeerSetup("openmp", "PASSIVE", null, Foreach: false).Apply(environment);

        Assert.AreEqual("PASSIVE", environment["OMP_WAIT_POLICY"]);
        CollectionAssert.AreEquivalent(
            new[] { "HOME", "OMP_WAIT_POLICY" },
            environment.Keys.Where(name => name != "LD_LIBRARY_PATH").ToArray());
    }
}
