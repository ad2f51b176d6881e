using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Products;

/// <summary>
/// A matrix of standard normal numbers in a device's memory. Zeros would flatter: a card that multiplies them uses less power, and so
/// clocks higher.
/// </summary>
internal sealed class RandomMatrix : IDisposable
{
    /// <summary>Numbers that are made; a prime, so that rows of a large matrix, which go through them again and again, differ.</summary>
    private const int Period = 1_000_003;

    private readonly DeviceMemory _memory;

    /// <summary>Makes and copies it.</summary>
    /// <param name="device">Where to.</param>
    /// <param name="format">Its format.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="seed">Seed.</param>
    public RandomMatrix(Device device, NumericFormat format, int rows, int columns, int seed)
    {
        Value = new Tensor(0, format, rows, columns, Tensor.PitchOf(columns, format));
        _memory = device.Allocate(Value.Bytes);
        Value = Value with { Address = _memory.Address };
        float[] values = new float[Period];
        Normal.Fill(new Random(seed), values);
        switch (format)
        {
            case NumericFormat.Float16:
                Copy(device, Array.ConvertAll(values, value => (Half)value));
                break;
            case NumericFormat.BFloat16:
                Copy(device, Array.ConvertAll(values, ToBFloat16));
                break;
            default:
                Copy(device, values);
                break;
        }
    }

    /// <summary>The matrix; between its rows there may be numbers too, which nobody reads.</summary>
    public Tensor Value { get; }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>The upper half of the bits, rounded to the nearest, ties to even; the numbers are finite.</summary>
    private static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private void Copy<T>(Device device, T[] values)
        where T : unmanaged
    {
        int bytes = Value.Format.BytesPerElement();
        long elements = Value.Bytes / bytes;
        for (long at = 0; at < elements; at += values.Length)
        {
            device.Write<T>((nint)(Value.Address + (at * bytes)), values.AsSpan(0, (int)Math.Min(values.Length, elements - at)));
        }
    }
}
