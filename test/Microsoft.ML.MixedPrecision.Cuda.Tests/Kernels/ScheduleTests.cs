using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>The factor of the learning rate that a card computes, beside the CPU's, which is tested against PyTorch's.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class ScheduleTests : CudaDeviceTest
{
    [TestMethod]
    [DataRow(LearningRateSchedule.Constant, 57, 0.1f, 0f)]
    [DataRow(LearningRateSchedule.Linear, 57, 0.1f, 0.25f)]
    [DataRow(LearningRateSchedule.Cosine, 57, 0.1f, 0.25f)]
    [DataRow(LearningRateSchedule.OneCycle, 10, 0.25f, 0f)] // the highest rate between two steps,
    [DataRow(LearningRateSchedule.OneCycle, 10, 0.05f, 0f)] // before the first one,
    [DataRow(LearningRateSchedule.OneCycle, 10, 0.1f, 0f)] // in it,
    [DataRow(LearningRateSchedule.OneCycle, 57, 0f, 0f)]
    [DataRow(LearningRateSchedule.OneCycle, 1, 0f, 0f)]
    [DataRow(LearningRateSchedule.CosLog, 57, 0.1f, 0f)]
    [DataRow(LearningRateSchedule.FlatCos, 57, 0.1f, 0.25f)]
    public void Factor_OnTheCard_IsTheCpus(LearningRateSchedule kind, int steps, float warmup, float final)
    {
        var schedule = RateSchedule.Create(kind, steps, warmup, final);

        float[] actual = Factors(schedule, steps + 2);

        for (int t = 1; t <= actual.Length; t++)
        {
            float expected = schedule.FactorOf(t);
            Assert.AreEqual(expected, actual[t - 1], (2e-7 * expected) + 1e-14, $"step {t} of {steps}");
        }
    }

    private float[] Factors(RateSchedule schedule, int count)
    {
        KernelSource source = KernelSource.Load("commit.cu");
        string text = source.Text + "struct Measured { RateSchedule s; float* to; int n; }; KERNEL void measure(Measured m) { for (int "
            + "t = 0; t < m.n; t++) m.to[t] = rate_factor(m.s, t + 1); }";
        using var program = new NvrtcProgram(text, "commit.cu", source.Headers);
        using var module = new CudaModule(
            Device.Context,
            program.Compile([.. KernelCompiler.Options(source, new KernelVariant("commit.cu", ""), Device.Properties.Capability)]));
        using DeviceMemory results = Device.Allocate(sizeof(float) * (long)count);
        module.GetKernel("measure").Launch(Device.Stream, TestKernels.Line(1, 1), new Measured(schedule, results.Address, count));
        return Download<float>(results);
    }

    private readonly record struct Measured(RateSchedule Schedule, nint To, int Count);
}
