using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Memory, launches and the kernels' cache of a card.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaDeviceTests : CudaDeviceTest
{
    [TestMethod]
    public void Description_OfACard_NamesItAndItsCapability()
        => StringAssert.Matches(Device.Description, new(@"^NVIDIA .+, compute \d+\.\d$"));

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(100_001)]
    public void Allocate_AfterUse_IsZeroedAgain(int bytes)
    {
        for (int i = 0; i < 3; i++)
        {
            using DeviceMemory memory = Device.Allocate(bytes);
            Assert.AreEqual(bytes, memory.Bytes);
            Assert.AreEqual(0, memory.Address % 256);
            Assert.IsTrue(Download<byte>(memory).All(value => value == 0));
            Device.Stream.Fill(memory.Address, 0xFF, bytes);
        }
    }

    [TestMethod]
    public void Allocate_MoreThanTheCardHas_SaysHowMuchItHas()
        => StringAssert.Contains(Assert.ThrowsExactly<InsufficientMemoryException>(() => Device.Allocate(1L << 45)).Message, "free");

    [TestMethod]
    public void Dispose_OfMemoryOnAnyThreadAndTwice_GivesItBack()
    {
        const long Bytes = 64L << 20;
        (long before, _) = Device.Context.ReadMemory();
        DeviceMemory memory = Device.Allocate(Bytes);
        Assert.IsLessThanOrEqualTo(before - Bytes, Device.Context.ReadMemory().Free);
        var thread = new Thread(memory.Dispose);
        thread.Start();
        thread.Join();
        memory.Dispose();
        Assert.AreEqual(before, Device.Context.ReadMemory().Free);
        Assert.ThrowsExactly<ObjectDisposedException>(() => memory.Address);
    }

    [TestMethod]
    public void Launch_AfterTheFirst_AllocatesNothing()
    {
        using TestTensor x = Awkward(NumericFormat.Float16, 9, 9, 1), y = new(NumericFormat.BFloat16, 9, 9);
        using CudaTensor cudaX = Upload(x), cudaY = Upload(y);
        Activations.Forward(Device, ActivationKind.Tanh, cudaX, cudaY);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Activations.Forward(Device, ActivationKind.Tanh, cudaX, cudaY);
        }

        Assert.AreEqual(before, GC.GetAllocatedBytesForCurrentThread());
        Device.Synchronize();
    }

    [TestMethod]
    public void Launch_InACapture_IsPartOfTheGraph()
    {
        using TestTensor x = Awkward(NumericFormat.Float32, 9, 9, 1),
        expected = new(NumericFormat.Float16, 9, 9),
        y = new(NumericFormat.Float16, 9, 9);
        using CudaTensor cudaX = Upload(x), cudaY = Upload(y);
        CastKernel.Run(Cpu, x, expected);
        Device.Prepare(new KernelVariant("cast.cu", "cast", NumericFormat.Float32, NumericFormat.Float16));
        Device.Context.MakeCurrent();
        using var graph = Device.Stream.Capture(() => CastKernel.Run(Device, cudaX, cudaY));
        Assert.AreEqual(0, cudaY.Download()[0, 0]);
        graph.Launch(Device.Stream);
        AssertSameBits(expected, cudaY.Download(), "graph");
    }

    [TestMethod]
    public void Kernels_SecondDevice_ReadsWhatTheFirstCompiled()
    {
        using var folder = new TemporaryFolder();
        var variant = new KernelVariant("softmax.cu", "softmax");
        using (var first = new CudaDevice(0, new KernelCache(folder.File("cache"))))
        {
            first.Prepare(variant);
        }

        string entry = Directory.GetFiles(folder.File("cache")).Single();
        DateTime written = File.GetLastWriteTimeUtc(entry);
        using (var second = new CudaDevice(0, new KernelCache(folder.File("cache"))))
        {
            second.Prepare(variant);
        }

        Assert.AreEqual(written, File.GetLastWriteTimeUtc(Directory.GetFiles(folder.File("cache")).Single()));

        File.WriteAllBytes(entry, new byte[100]);
        using (var third = new CudaDevice(0, new KernelCache(folder.File("cache"))))
        {
            third.Prepare(variant);
        }

        Assert.IsGreaterThan(100, new FileInfo(entry).Length, "a damaged entry is made anew");
    }

    [TestMethod]
    public void Prepare_EveryKernelAndFormat_Compiles()
    {
        foreach (string name in EmbeddedKernels.Names)
        {
            KernelSource source = KernelSource.Load(name);
            int[] numbers = [.. source.Macros.Where(macro => !IsFormat(macro)).Select(macro => ValueOf(name, macro)), 0, 0, 0];
            foreach (NumericFormat format in StorageFormats)
            {
                // Kernels of a head's width are those of the Tensor Cores, which have TensorFloat32 in Float32's place.
                NumericFormat first = format == NumericFormat.Float32 && source.Macros.Contains("HEAD")
                    ? NumericFormat.TensorFloat32
                    : format;
                var variant = new KernelVariant(
                    name,
                    "",
                    first,
                    format,
                    format,
                    Number: numbers[0],
                    SecondNumber: numbers[1],
                    ThirdNumber: numbers[2]);
                Assert.IsNotEmpty(KernelCompiler.Compile(source, KernelCompiler.Options(source, variant, Device.Properties.Capability)));
                if (!source.Macros.Any(IsFormat))
                {
                    break;
                }
            }
        }

        static bool IsFormat(string macro) => macro.StartsWith("T_", StringComparison.Ordinal);

        // One of those that the source is written for.
        static int ValueOf(string name, string macro) => macro switch
        {
            "HEAD" or "ROWS" or "STEPS" => 64,
            "COLUMNS" => name.StartsWith("attention_plain", StringComparison.Ordinal) ? 64 : 4,
            "HELD" => 8,
            "ITEMS" when name != "narrow_product.cu" => 8,
            "DROPOUT" => 1,
            _ => 2,
        };
    }
}
