using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>The shortened division of activation.cuh, on which the CPU's bits depend.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class ReciprocalTests : CudaDeviceTest
{
    private const int Mantissas = 1 << 23;

    [TestMethod]
    public void Reciprocal_EveryMantissa_IsCorrectlyRounded()
    {
        KernelSource source = KernelSource.Load("activation_forward.cu");
        string text = source.Text + "KERNEL void reciprocals(float* to) { size_t i = thread_index(); to[i] = "
            + "reciprocal(of_bits(0x3F800000u + (u32)i)); }";
        using var program = new NvrtcProgram(text, source.Name, source.Headers);
        using var module = new CudaModule(
            Device.Context,
            program.Compile([.. KernelCompiler.Options(source, new KernelVariant(source.Name, ""), Device.Properties.Capability)]));
        // Four powers of 2: 1 to 16, more than 1 + 0.3·16.
        using DeviceMemory results = Device.Allocate(4L * Mantissas * sizeof(float));
        module.GetKernel("reciprocals").Launch(Device.Stream, TestKernels.Line(4 * Mantissas / 256, 256), results.Address);
        float[] found = Download<float>(results);
        for (int i = 0; i < found.Length; i++)
        {
            float x = BitConverter.Int32BitsToSingle(0x3F800000 + i);
            if (found[i] != 1f / x)
            {
                Assert.Fail($"1/{x:R}: expected {1f / x:R}, got {found[i]:R}");
            }
        }
    }
}
