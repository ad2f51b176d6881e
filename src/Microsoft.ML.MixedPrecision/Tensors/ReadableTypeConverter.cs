using System.ComponentModel;
using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Lets configuration binders, property grids and serializers read an <see cref="IReadable{TSelf}"/> from the text that
/// <c>ToString</c> gives.</summary>
/// <typeparam name="T">The type to convert.</typeparam>
/// <remarks>Text is the same in every culture.</remarks>
internal sealed class ReadableTypeConverter<T> : TypeConverter
    where T : class, IReadable<T>
{
    /// <inheritdoc/>
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType)
        => sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The text is not understood; the message says what is allowed.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value)
        => value is string text ? T.Parse(text) : base.ConvertFrom(context, culture, value);
}
