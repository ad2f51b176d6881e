namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>
/// A matrix of <see cref="Rows"/> × <see cref="Columns"/> elements in device memory, rows <see cref="Pitch"/> elements apart.
/// A view: it owns nothing. The padding behind a row is zero in parameters and in what is derived from them; in values and gradients it is
/// whatever the bytes held before, so no kernel may let it reach a result.
/// </summary>
/// <param name="Address">Address of element (0, 0).</param>
/// <param name="Format">Storage format of the elements; as a product's operand also <see cref="NumericFormat.TensorFloat32"/>.</param>
/// <param name="Rows">Logical rows.</param>
/// <param name="Columns">Logical columns.</param>
/// <param name="Pitch">Elements from one row to the next: a multiple of 16 bytes.</param>
internal readonly record struct Tensor(nint Address, NumericFormat Format, int Rows, int Columns, int Pitch)
{
    /// <summary>Bytes that a row must be a multiple of, so that every row starts aligned for vector loads and Tensor Cores.</summary>
    public const int RowAlignment = 16;

    /// <summary>Whether the padding behind each row is 0 and is to stay so: a product may then read, and write, columns up to the
    /// pitch.</summary>
    public bool IsZeroPadded { get; init; }

    /// <summary>The smallest allowed pitch, in elements, of rows of <paramref name="columns"/> elements.</summary>
    public static int PitchOf(int columns, NumericFormat format)
    {
        int unit = RowAlignment / format.BytesPerElement();
        return checked((columns + unit - 1) / unit * unit);
    }

    /// <summary>Bytes from the first to behind the last row, padding included.</summary>
    public long Bytes => (long)Rows * Pitch * Format.BytesPerElement();

    /// <summary>The same memory seen in another operand format of the same storage.</summary>
    public Tensor As(NumericFormat format) => this with { Format = format };

    /// <summary>Address of the first element of a row.</summary>
    public unsafe void* Row(int row) => (byte*)Address + ((long)row * Pitch * Format.BytesPerElement());
}
