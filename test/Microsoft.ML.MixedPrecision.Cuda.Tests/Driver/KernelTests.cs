using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Driver;

/// <summary>Loading and launching.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class KernelTests : GpuTest
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(257)]
    [DataRow(100_003)]
    public void Launch_ListOfArguments_Computes(int count)
    {
        float[] x = [.. Enumerable.Range(0, count).Select(i => i % 100f)];
        float[] y = [.. Enumerable.Range(0, count).Select(i => (i % 7) - 3f)];
        using CudaBuffer bufferX = Upload<float>(x);
        using CudaBuffer bufferY = Upload<float>(y);
        using var module = new CudaModule(Context, TestKernels.Compile(Context.Properties));
        CudaKernel axpy = module.GetKernel("axpy");

        nint addressX = bufferX.Address, addressY = bufferY.Address;
        float a = 1.5f;
        long n = count;
        void** arguments = stackalloc void*[] { &addressX, &addressY, &a, &n };
        axpy.Launch(Stream, TestKernels.Line((count + 255) / 256, 256), arguments);

        CollectionAssert.AreEqual(x.Zip(y, (p, q) => MathF.FusedMultiplyAdd(1.5f, p, q)).ToArray(), Download<float>(bufferY, count));
    }

    [TestMethod]
    public void Launch_StructureByValue_Computes()
    {
        using CudaBuffer x = Upload<float>([1, 2, 3]);
        using var module = new CudaModule(Context, TestKernels.Compile(Context.Properties));

        module.GetKernel("add").Launch(Stream, TestKernels.Line(1, 32), new TestKernels.AddArguments(x.Address, 0.5f, 2));

        CollectionAssert.AreEqual(new float[] { 1.5f, 2.5f, 3 }, Download<float>(x, 3));
    }

    [TestMethod]
    public void GetKernel_UnknownName_SaysWhatToCheck()
    {
        using var module = new CudaModule(Context, TestKernels.Compile(Context.Properties));

        var error = Assert.ThrowsExactly<CudaException>(() => module.GetKernel("nothing"));

        StringAssert.Contains(error.Message, "cuModuleGetFunction failed with CUDA_ERROR_NOT_FOUND (500)");
        StringAssert.Contains(error.Message, "extern \"C\"");
    }

    [TestMethod]
    public void Launch_ModuleDisposed_Throws()
    {
        var module = new CudaModule(Context, TestKernels.Compile(Context.Properties));
        CudaKernel add = module.GetKernel("add");
        module.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => add.Launch(Stream, TestKernels.Line(1, 1), default(TestKernels.AddArguments)));
    }
}
