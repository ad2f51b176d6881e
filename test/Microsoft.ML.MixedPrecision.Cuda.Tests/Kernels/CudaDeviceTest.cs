using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>A test with the card's engine and, beside it, the CPU's.</summary>
internal abstract unsafe class CudaDeviceTest
{
    /// <summary>Formats that are stored.</summary>
    protected static readonly NumericFormat[] StorageFormats = [NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16];

    /// <summary>One folder for all tests of a run, so that each kernel is compiled once.</summary>
    protected static readonly KernelCache Cache = new(Path.Combine(Path.GetTempPath(), $"kernels-{Guid.NewGuid():N}"));

    /// <summary>The card; skips or fails the test where there is none.</summary>
    protected CudaDevice Device { get; private set; } = null!;

    /// <summary>The CPU.</summary>
    protected CpuDevice Cpu { get; private set; } = null!;

    /// <summary>Shapes of one element, around a vector of 8, of no round size, and of more rows than one.</summary>
    protected static (int Rows, int Columns)[] Shapes => [(1, 1), (3, 7), (2, 8), (5, 9), (1, 1000), (67, 31), (130, 129)];

    [TestInitialize]
    public void OpenDevices()
    {
        Gpu.Open().Dispose();
        Device = new CudaDevice(0, Cache);
        Cpu = new CpuDevice(1);
    }

    [TestCleanup]
    public void CloseDevices()
    {
        Device?.Dispose();
        Cpu?.Dispose();
    }

    /// <summary>A tensor's copy on the card.</summary>
    protected CudaTensor Upload(TestTensor host) => new(Device, host);

    /// <summary>Values in the card's memory.</summary>
    protected DeviceMemory Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        DeviceMemory memory = Device.Allocate((long)values.Length * sizeof(T));
        Device.Context.MakeCurrent();
        Device.Stream.Write(memory.Address, values);
        return memory;
    }

    /// <summary>What the card's memory holds.</summary>
    protected T[] Download<T>(DeviceMemory memory)
        where T : unmanaged
    {
        var values = new T[memory.Bytes / sizeof(T)];
        Device.Context.MakeCurrent();
        Device.Stream.Read(memory.Address, values.AsSpan());
        return values;
    }

    /// <summary>Fails unless both hold the same bits; every NaN is as good as another.</summary>
    protected static void AssertSameBits(TestTensor expected, TestTensor actual, string what)
    {
        uint[] wanted = expected.Bits(), got = actual.Bits();
        for (int i = 0; i < wanted.Length; i++)
        {
            var (row, column) = Math.DivRem(i, expected.Value.Columns);
            bool same = wanted[i] == got[i] || (double.IsNaN(expected[row, column]) && double.IsNaN(actual[row, column]));
            if (!same)
            {
                Assert.Fail($"{what}: at ({row}, {column}) expected {expected[row, column]:R} (0x{wanted[i]:X}), got "
                    + $"{actual[row, column]:R} (0x{got[i]:X})");
            }
        }
        actual.AssertPaddingUntouched();
    }

    /// <summary>Numbers of every kind: ordinary ones, large, tiny, zeros of both signs, infinities and NaN.</summary>
    protected static TestTensor Awkward(NumericFormat format, int rows, int columns, int seed)
    {
        double[] special =
        [
            0, -0.0, 1, -1, 0.625, -0.625, 1.5e-5, -3e-8, 6.1e-5, 1e-40, 88.8, -88.8, 104.5, -104.5, 300, -300, 65504, -65504, 1e30, -1e30,
            double.PositiveInfinity, double.NegativeInfinity, double.NaN,
        ];
        var random = new Random(seed);
        return TestTensor.Of(
            format,
            rows,
            columns,
            (_, _) => random.Next(5) == 0 ? special[random.Next(special.Length)] : (random.NextDouble() - 0.5) * 24);
    }
}
