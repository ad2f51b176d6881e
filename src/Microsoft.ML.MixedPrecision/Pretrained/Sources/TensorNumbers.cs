using System.Buffers.Binary;

namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>Numbers of files, little-endian, as Float32.</summary>
internal static class TensorNumbers
{
    /// <summary>Formats that are read, by their names in safetensors.</summary>
    public const string Allowed = "F32, F16, BF16 and F64 are read";

    /// <summary>Bytes of a number; null for a format that is not read.</summary>
    /// <param name="format">Its name in safetensors.</param>
    public static int? BytesOf(string format) => format switch
    {
        "F64" => sizeof(double),
        "F32" => sizeof(float),
        "F16" or "BF16" => sizeof(ushort),
        _ => null,
    };

    /// <summary>Reads numbers.</summary>
    /// <param name="format">One that <see cref="BytesOf"/> knows.</param>
    /// <param name="bytes">As many as <paramref name="to"/> needs.</param>
    /// <param name="to">Receives them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The format is not read.</exception>
    public static void Read(string format, ReadOnlySpan<byte> bytes, Span<float> to)
    {
        switch (format)
        {
            case "F64":
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * sizeof(double))..]);
                }

                break;
            case "F32":
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
                }

                break;
            case "F16":
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * sizeof(ushort))..]);
                }

                break;
            case "BF16":
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * sizeof(ushort))..]) << 16);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format), format, $"{Allowed}.");
        }
    }
}
