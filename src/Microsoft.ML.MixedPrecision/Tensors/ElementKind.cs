namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>What the elements of a value are: numbers of the network, which have a <see cref="NumericFormat"/> and a gradient, or words
/// that come with the rows.</summary>
internal enum ElementKind
{
    /// <summary>Numbers in the value's format, rows a multiple of 16 bytes apart: a <see cref="Tensor"/>.</summary>
    Number = 0,

    /// <summary>Float32, row behind row without padding: targets that are numbers, weights.</summary>
    Float32,

    /// <summary>Int32, row behind row without padding: token ids, lengths, classes.</summary>
    Int32,

    /// <summary>Bytes without sign, row behind row without padding: pixels.</summary>
    Byte,

    /// <summary>A slot and its number, 8 bytes, row behind row without padding: what sparse rows have
    /// (<see cref="SparseEntry"/>).</summary>
    Entry,
}

/// <summary>Sizes of <see cref="ElementKind"/>s.</summary>
internal static class ElementKinds
{
    /// <summary>Bytes of a word.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The kind is not known, or is <see cref="ElementKind.Number"/>, whose size is its
    /// format's.</exception>
    public static int BytesPerWord(this ElementKind kind) => kind switch
    {
        ElementKind.Float32 or ElementKind.Int32 => sizeof(int),
        ElementKind.Byte => sizeof(byte),
        ElementKind.Entry => SparseEntry.Bytes,
        _ => throw UnknownValue.Of(kind),
    };
}
