using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

/// <summary>A tensor with its own memory between two guard zones, read and written through System.Half and bit shifts.</summary>
internal sealed unsafe class TestTensor : IDisposable
{
    private const int Guard = 64;
    private const byte GuardByte = 0xA5;

    private readonly CpuMemory _memory;

    /// <summary>A zeroed tensor; <paramref name="extraPitch"/> units of 16 bytes of padding more than needed.</summary>
    public TestTensor(NumericFormat format, int rows, int columns, int extraPitch = 0)
    {
        int pitch = Tensor.PitchOf(columns, format) + (extraPitch * Tensor.RowAlignment / format.BytesPerElement());
        long bytes = (long)rows * pitch * format.BytesPerElement();
        _memory = new CpuMemory(bytes + (2 * Guard));
        Value = new Tensor(_memory.Address + Guard, format, rows, columns, pitch);
        new Span<byte>((void*)_memory.Address, Guard).Fill(GuardByte);
        new Span<byte>((byte*)_memory.Address + Guard + bytes, Guard).Fill(GuardByte);
    }

    public Tensor Value { get; }

    public static implicit operator Tensor(TestTensor tensor) => tensor.Value;

    public double this[int row, int column]
    {
        get => Value.Format switch
        {
            NumericFormat.Float16 => (double)BitConverter.UInt16BitsToHalf(((ushort*)Value.Row(row))[column]),
            NumericFormat.BFloat16 => BitConverter.UInt32BitsToSingle((uint)((ushort*)Value.Row(row))[column] << 16),
            _ => ((float*)Value.Row(row))[column],
        };
        set
        {
            if (Value.Format == NumericFormat.Float16)
            {
                ((ushort*)Value.Row(row))[column] = BitConverter.HalfToUInt16Bits((Half)value);
            }
            else if (Value.Format == NumericFormat.BFloat16)
            {
                ((ushort*)Value.Row(row))[column] = (ushort)(
                    BitConverter.SingleToUInt32Bits((float)ReferenceRounding.Round(NumericFormat.BFloat16, value)) >> 16);
            }
            else
            {
                ((float*)Value.Row(row))[column] = (float)value;
            }
        }
    }

    /// <summary>A tensor of values, each rounded to the format.</summary>
    public static TestTensor Of(NumericFormat format, int rows, int columns, Func<int, int, double> value, int extraPitch = 0)
    {
        var tensor = new TestTensor(format, rows, columns, extraPitch);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                tensor[row, column] = value(row, column);
            }
        }
        return tensor;
    }

    /// <summary>A tensor of numbers between −1 and 1.</summary>
    public static TestTensor Random(NumericFormat format, int rows, int columns, int seed, int extraPitch = 0)
    {
        var random = new Random(seed);
        return Of(format, rows, columns, (_, _) => (random.NextDouble() * 2) - 1, extraPitch);
    }

    /// <summary>Rows of the same memory.</summary>
    public Tensor Rows(int start, int count) => Value with { Address = (nint)Value.Row(start), Rows = count };

    /// <summary>The bits of all elements, without padding.</summary>
    public uint[] Bits()
    {
        var bits = new uint[Value.Rows * Value.Columns];
        for (int i = 0; i < bits.Length; i++)
        {
            var (row, column) = Math.DivRem(i, Value.Columns);
            bits[i] = Value.Format.Is16Bit() ? ((ushort*)Value.Row(row))[column] : ((uint*)Value.Row(row))[column];
        }
        return bits;
    }

    /// <summary>Fails if anything but the elements was written.</summary>
    public void AssertPaddingUntouched()
    {
        int size = Value.Format.BytesPerElement();
        for (int row = 0; row < Value.Rows; row++)
        {
            var padding = new Span<byte>((byte*)Value.Row(row) + (Value.Columns * size), (Value.Pitch - Value.Columns) * size);
            Assert.IsFalse(padding.ContainsAnyExcept((byte)0), $"The padding of row {row} is no longer zero.");
        }
        Assert.IsFalse(new Span<byte>((void*)_memory.Address, Guard).ContainsAnyExcept(GuardByte), "Written before the first row.");
        Assert.IsFalse(
            new Span<byte>((byte*)_memory.Address + _memory.Bytes - Guard, Guard).ContainsAnyExcept(GuardByte),
            "Written behind the last row.");
    }

    public void Dispose() => _memory.Dispose();
}
