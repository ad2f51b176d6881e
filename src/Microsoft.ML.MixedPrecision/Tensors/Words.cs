namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>
/// A matrix of <see cref="Rows"/> × <see cref="Columns"/> words in device memory, row behind row without padding: ids, lengths, bytes,
/// targets, weights. A view: it owns nothing.
/// </summary>
/// <param name="Address">Address of element (0, 0).</param>
/// <param name="Kind">What a word is; not <see cref="ElementKind.Number"/>.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
internal readonly record struct Words(nint Address, ElementKind Kind, int Rows, int Columns)
{
    /// <summary>Words.</summary>
    public long Count => (long)Rows * Columns;

    /// <summary>Bytes.</summary>
    public long Bytes => Count * Kind.BytesPerWord();

    /// <summary>The words, where the host reaches them.</summary>
    /// <typeparam name="T">A type of a word's size.</typeparam>
    /// <exception cref="OverflowException">They are more than 2³¹ − 1.</exception>
    public unsafe Span<T> Span<T>()
        where T : unmanaged
        => new((void*)Address, checked((int)Count));
}
