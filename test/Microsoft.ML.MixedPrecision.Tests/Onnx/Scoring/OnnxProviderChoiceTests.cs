using Microsoft.ML.MixedPrecision.Onnx.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

/// <summary>Which provider a session is opened with. A machine with a GPU and its package is played: here is none.</summary>
[TestClass]
public sealed class OnnxProviderChoiceTests
{
    private static readonly string[] WithCuda = [OnnxProviderChoice.Cuda, "CPUExecutionProvider"];
    private static readonly string[] WithoutCuda = ["CPUExecutionProvider"];

    [TestMethod]
    [DataRow("auto", null, true, "cuda:0")]
    [DataRow("auto", 2, true, "cuda:2")]
    [DataRow("auto", 2, false, "cuda:2")]
    [DataRow("cuda:1", 2, true, "cuda:1")]
    [DataRow("cpu", 2, false, "cpu")]
    public void Open_WhereTheCudaProviderOpens_TakesTheDeviceAskedForOrNamedByTheContext(
        string wanted,
        int? gpu,
        bool fallback,
        string expected)
    {
        var opened = OnnxProviderChoice.Open(ComputeDevice.Parse(wanted), gpu, fallback, WithCuda, device => device.ToString());

        Assert.AreEqual(expected, opened.Session);
        Assert.AreEqual(expected, opened.Device.ToString());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Open_ByAutoWhereCudaCannotBeHad_TakesTheCpuAndSaysWhy(bool hasProvider)
    {
        var opened = OnnxProviderChoice.Open(ComputeDevice.Auto, null, true, hasProvider ? WithCuda : WithoutCuda, OnlyCpu);

        Assert.AreEqual("cpu", opened.Session);
        StringAssert.Contains(opened.Reason, hasProvider ? "no driver" : "no CUDA provider", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Open_OfTheContextsGpuThatCannotBeHad_FallsBackOnlyIfThatIsAllowed()
    {
        Assert.AreEqual("cpu", OnnxProviderChoice.Open(ComputeDevice.Auto, 1, true, WithCuda, OnlyCpu).Session);

        var refusal = Assert.ThrowsExactly<NotSupportedException>(
            () => OnnxProviderChoice.Open(ComputeDevice.Auto, 1, false, WithCuda, OnlyCpu));

        StringAssert.Contains(refusal.Message, "FallbackToCpu", StringComparison.Ordinal);
        StringAssert.Contains(refusal.Message, "no driver", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow(true, "no driver")]
    [DataRow(false, "no CUDA provider")]
    public void Open_OfAnExplicitGpuThatCannotBeHad_NeverFallsBack(bool hasProvider, string says)
    {
        var refusal = Assert.ThrowsExactly<NotSupportedException>(
            () => OnnxProviderChoice.Open(ComputeDevice.Cuda(0), null, true, hasProvider ? WithCuda : WithoutCuda, OnlyCpu));

        StringAssert.Contains(refusal.Message, says, StringComparison.Ordinal);
        StringAssert.Contains(refusal.Message, "Microsoft.ML.OnnxRuntime.Gpu", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Open_OfAModelThatNoProviderTakes_SaysSoOnceAndForAll()
        => Assert.ThrowsExactly<FormatException>(
            () => OnnxProviderChoice.Open<string>(ComputeDevice.Auto, null, true, WithCuda, _ => throw new FormatException()));

    private static string OnlyCpu(ComputeDevice device)
        => device.IsCuda ? throw new EntryPointNotFoundException("no driver") : device.ToString();
}
