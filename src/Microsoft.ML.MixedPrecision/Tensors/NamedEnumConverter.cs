using System.ComponentModel;
using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Reads one name of an enum, in any case, or its number. Unlike .NET's own converter it refuses several names, whose numbers that
/// one adds up to another value.</summary>
/// <typeparam name="TEnum">The enum, which is no set of flags.</typeparam>
internal sealed class NamedEnumConverter<TEnum>() : EnumConverter(typeof(TEnum))
    where TEnum : struct, Enum
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The text is no name and no number of the enum; the message lists the names.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value)
    {
        if (value is not string text)
        {
            return base.ConvertFrom(context, culture, value);
        }

        return !text.Contains(',', StringComparison.Ordinal) && Enum.TryParse(text, ignoreCase: true, out TEnum one) && Enum.IsDefined(one)
            ? one
            : throw new ArgumentException($"'{text}' is no {typeof(TEnum).Name}: write one of "
                + $"{string.Join(", ", Enum.GetNames<TEnum>())}, in any case.", nameof(value));
    }
}
