using System.Globalization;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>What is thrown where a value of an enum is not one of those that the place was written for, so that a new one is not taken for
/// another.</summary>
internal static class UnknownValue
{
    /// <summary>The exception: it names the value, those that the enum has, and what to do.</summary>
    /// <param name="value">The value; one that the enum has is missing in the place that throws.</param>
    /// <param name="name">The argument's name.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ArgumentOutOfRangeException Of<TEnum>(TEnum value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where TEnum : struct, Enum
        => new(name, Enum.IsDefined(value)
            ? $"{typeof(TEnum).Name}.{value} cannot be used here; give it a case, or choose another {typeof(TEnum).Name}."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Convert.ToInt64(value, CultureInfo.InvariantCulture)} is no {typeof(TEnum).Name}; use "
                    + $"{string.Join(", ", Enum.GetNames<TEnum>())}."));
}
