using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Optimizers;

/// <summary>Weights in one of the forms an optimizer knows, gradients and moments, and copies of them as they were.</summary>
internal sealed unsafe class WeightCase : IDisposable
{
    public WeightCase(int count, NumericFormat format, bool hasMaster, int seed = 1)
    {
        Count = count;
        Gradient = TestTensor.Of(NumericFormat.Float32, 1, count, Uniform(seed, 100), extraPitch: 1);
        Master = hasMaster ? TestTensor.Random(NumericFormat.Float32, 1, count, seed + 1, extraPitch: 1) : null;
        Shadow = format.Is16Bit() ? TestTensor.Random(format, 1, count, seed + 1, extraPitch: 1) : null;
        First = TestTensor.Random(NumericFormat.Float32, 1, count, seed + 2, extraPitch: 1);
        Second = TestTensor.Of(NumericFormat.Float32, 1, count, (_, i) => (i % 7) * 0.1, extraPitch: 1);
        Before = [.. Enumerable.Range(0, count).Select(i => (Weight(i), First[0, i], Second[0, i]))];
    }

    public int Count { get; }

    public TestTensor Gradient { get; }

    public TestTensor? Master { get; }

    public TestTensor? Shadow { get; }

    public TestTensor First { get; }

    public TestTensor Second { get; }

    public IReadOnlyList<(double Weight, double First, double Second)> Before { get; }

    public float* MasterAddress => Master is null ? null : (float*)Master.Value.Address;

    public ushort* ShadowAddress => Shadow is null ? null : (ushort*)Shadow.Value.Address;

    public NumericFormat Format => Shadow?.Value.Format ?? NumericFormat.Float32;

    /// <summary>The weight as the optimizer reads it.</summary>
    public double Weight(int i) => (Master ?? Shadow)![0, i];

    public uint[] AllBits() => [.. Master?.Bits() ?? [], .. Shadow?.Bits() ?? [], .. First.Bits(), .. Second.Bits()];

    public void AssertPaddingUntouched()
    {
        foreach (var tensor in new[] { Gradient, Master, Shadow, First, Second })
        {
            tensor?.AssertPaddingUntouched();
        }
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { Gradient, Master, Shadow, First, Second })
        {
            tensor?.Dispose();
        }
    }

    private static Func<int, int, double> Uniform(int seed, double size)
    {
        var random = new Random(seed);
        return (_, _) => ((random.NextDouble() * 2) - 1) * size;
    }
}
