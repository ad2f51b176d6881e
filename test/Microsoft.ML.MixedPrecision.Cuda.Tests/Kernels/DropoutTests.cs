using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Random numbers and masks on the card: the CPU's bits.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class DropoutTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Pairs
        => from source in StorageFormats from target in StorageFormats select new object[] { source, target };

    [TestMethod]
    public void Philox_PublishedAndOtherCounters_GiveTheCpusWords()
    {
        // Random123's kat_vectors, as in the CPU's test, then counters of which every word differs.
        uint[] inputs =
        [
            0, 0, 0, 0, 0, 0,
            0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
            0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
            .. Enumerable.Range(0, 6 * 1021).Select(i => (uint)i * 2654435761u),
        ];
        int count = inputs.Length / 6;
        KernelSource source = KernelSource.Load("dropout.cu");
        string text = source.Text + """

            struct Draws { const u32* from; u32* to; size_t count; };

            KERNEL void draws(Draws a)
            {
                size_t i = thread_index();
                if (i >= a.count)
                    return;
                const u32* x = a.from + 6 * i;
                PhiloxWords words = philox(PhiloxWords{ { x[0], x[1], x[2], x[3] } }, x[4], x[5]);
                for (int j = 0; j < 4; j++)
                    a.to[4 * i + j] = words.x[j];
            }
            """;
        using var program = new NvrtcProgram(text, source.Name, source.Headers);
        using var module = new CudaModule(
            Device.Context,
            program.Compile([.. KernelCompiler.Options(source, new KernelVariant(source.Name, ""), Device.Properties.Capability)]));
        using DeviceMemory from = Upload<uint>(inputs), to = Device.Allocate(16L * count);
        module.GetKernel("draws").Launch(
            Device.Stream,
            TestKernels.Line((count + 127) / 128, 128),
            new Draws(from.Address, to.Address, count));

        uint[] words = Download<uint>(to);
        for (int i = 0; i < count; i++)
        {
            uint[] x = inputs[(6 * i)..(6 * (i + 1))];
            Assert.AreEqual(
                Philox.Draw((x[0], x[1], x[2], x[3]), (x[4], x[5])),
                (words[4 * i], words[(4 * i) + 1], words[(4 * i) + 2], words[(4 * i) + 3]),
                $"draw {i}");
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(5)]
    [DataRow(7)]
    [DataRow(10)]
    public void Run_CourseOfTenSteps_HasTheCpusBits(int step)
    {
        var choice = new DropoutChoice(3, 1, 0.5f) { Course = new RegularizationCourse(10) };
        using TestTensor x = Awkward(NumericFormat.Float32, 33, 65, 1), expected = new(NumericFormat.Float32, 33, 65);
        using CudaTensor cudaX = Upload(x), y = Upload(expected);
        StepPosition[] position = [new() { Step = step }];
        using DeviceMemory onCpu = Cpu.Allocate(16), onCard = Upload(position);
        Cpu.Write<StepPosition>(onCpu.Address, position);
        DropoutKernel.Run(Cpu, x, expected, choice, onCpu.Address);
        DropoutKernel.Run(Device, cudaX, y, choice, onCard.Address);
        AssertSameBits(expected, y.Download(), $"step {step}");
    }

    [TestMethod]
    [DynamicData(nameof(Pairs))]
    public void Run_EveryShapeRateAndPosition_HasTheCpusBits(NumericFormat source, NumericFormat target)
    {
        foreach ((int rows, int columns) in Shapes)
        {
            foreach (float rate in new[] { 1e-6f, 0.3f, 0.97f })
            {
                foreach (StepPosition position in new StepPosition[] { default, new() { Step = (7L << 32) + 5, Row = 3_000_000_000 } })
                {
                    var choice = new DropoutChoice(-11, 65535, rate, RowsPerExample: 2);
                    using TestTensor x = Awkward(source, rows, columns, 1),
                    expected = new(target, rows, columns),
                    actual = new(target, rows, columns, 2);
                    using CudaTensor cudaX = Upload(x), y = Upload(actual);
                    using DeviceMemory onCpu = Cpu.Allocate(16), onCard = Upload([position]);
                    Cpu.Write(onCpu.Address, [position]);
                    DropoutKernel.Run(Cpu, x, expected, choice, onCpu.Address);
                    DropoutKernel.Run(Device, cudaX, y, choice, onCard.Address);
                    AssertSameBits(expected, y.Download(), $"{rate} of {source} to {target} ({rows}, {columns})");
                }
            }
        }
    }

    private readonly record struct Draws(nint From, nint To, long Count);
}
