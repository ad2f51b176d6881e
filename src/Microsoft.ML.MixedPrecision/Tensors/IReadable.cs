namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>A small immutable value that <c>ToString</c> writes and <see cref="Parse"/> reads back.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
internal interface IReadable<TSelf>
    where TSelf : IReadable<TSelf>
{
    /// <summary>Reads what <c>ToString</c> wrote: <c>Parse(x.ToString())</c> equals <c>x</c>.</summary>
    /// <exception cref="ArgumentException">The text has no such form (<see cref="ArgumentOutOfRangeException"/>: a number in it is not
    /// allowed).</exception>
    static abstract TSelf Parse(string text);
}
