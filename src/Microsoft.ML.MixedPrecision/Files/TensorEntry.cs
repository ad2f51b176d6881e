namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>What the header of a safetensors file says of one tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Format of an element.</param>
/// <param name="Shape">Lengths of its dimensions.</param>
/// <param name="Start">Its first byte, counted from the end of the header.</param>
/// <param name="End">The byte after its last.</param>
internal sealed record TensorEntry(string Name, string DType, IReadOnlyList<long> Shape, long Start, long End)
{
    /// <summary>Bytes from its first to its last.</summary>
    public long Bytes => End - Start;

    /// <summary>Bytes of a tensor.</summary>
    /// <param name="dtype">Format of an element.</param>
    /// <param name="shape">Lengths of its dimensions.</param>
    /// <exception cref="InvalidDataException">There is no such format, a length is negative, or the product is beyond Int64.</exception>
    public static long BytesOf(string dtype, IReadOnlyList<long> shape)
    {
        long bytes = dtype switch
        {
            "BOOL" or "U8" or "I8" => 1,
            "F16" or "BF16" or "I16" or "U16" => 2,
            "F32" or "I32" or "U32" => 4,
            "F64" or "I64" or "U64" => 8,
            _ => throw new InvalidDataException($"'{dtype}' is no format of tensors; there are BOOL, U8, I8, F16, BF16, I16, U16, F32, "
                + $"I32, U32, F64, I64, U64."),
        };
        try
        {
            return shape.Aggregate(bytes, (product, length) => length >= 0
                ? checked(product * length)
                : throw new InvalidDataException($"A tensor of [{string.Join(", ", shape)}] has a length below 0."));
        }
        catch (OverflowException e)
        {
            throw new InvalidDataException($"A tensor of [{string.Join(", ", shape)}] is larger than any file.", e);
        }
    }
}
