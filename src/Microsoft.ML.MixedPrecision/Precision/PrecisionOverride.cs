using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>A user's wish that departs from the policy: for an operation kind, or (where <paramref name="Pattern"/> is given) for layers by
/// name.</summary>
/// <param name="Kind">The kind, where <paramref name="Pattern"/> is null; else unused.</param>
/// <param name="Pattern">Layer names with <c>*</c> (any run of characters) and <c>?</c> (one character), case-sensitive; or null.</param>
/// <param name="Format">The format wished for.</param>
internal readonly record struct PrecisionOverride(OperationKind Kind, string? Pattern, NumericFormat Format)
{
    /// <summary>Whether this decides the format of an operation. Layer wishes concern products, activations and normalizations only; a wish
    /// for activations also
    /// concerns normalizations, unless a wish for these, which comes after it, says otherwise.</summary>
    public bool Matches(OperationKind kind, string layerName)
        => Pattern is null
            ? Kind == kind || (Kind, kind) == (OperationKind.Activation, OperationKind.Normalization)
            : kind is OperationKind.MatrixProduct or OperationKind.Activation or OperationKind.Normalization
                && FileSystemName.MatchesSimpleExpression(Pattern, layerName, ignoreCase: false);

    /// <summary>Whether <paramref name="other"/> speaks of exactly the same operations.</summary>
    public bool HasSameTarget(PrecisionOverride other) => Pattern == other.Pattern && (Pattern is not null || Kind == other.Kind);

    /// <summary>As in <see cref="PrecisionPolicy.ToString"/>: <c>Activation=Float32</c> or <c>layer hidden.*=Float32</c>.</summary>
    public override string ToString() => Pattern is null ? $"{Kind}={Format}" : $"layer {Pattern}={Format}";

    /// <summary>Refuses a wish for an operation kind that would give wrong results.</summary>
    /// <exception cref="ArgumentException">The wish is impossible; the message says why and what to do.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An undefined enum value.</exception>
    public static PrecisionOverride OfKind(OperationKind kind, NumericFormat format)
    {
        ThrowIfUndefined(kind);
        ThrowIfUndefined(format);
        if (format != NumericFormat.Float32 && WhyFloat32(kind, format) is { } reason)
        {
            throw new ArgumentException($"{kind} in {format} is not possible: {reason}.", nameof(format));
        }

        return new(kind, null, format);
    }

    /// <summary>A wish for layers.</summary>
    /// <exception cref="ArgumentException">The pattern is empty or has characters that no layer name has.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An undefined enum value.</exception>
    public static PrecisionOverride OfLayers(string pattern, NumericFormat format)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ThrowIfUndefined(format);
        if (pattern.Length == 0 || !pattern.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or '*' or '?'))
        {
            throw new ArgumentException(
                $"'{pattern}' is no pattern of layer names: use letters, digits, '.', '_', '-', '/' and the wildcards '*' and '?', for "
                    + $"example 'hidden.*'.",
                nameof(pattern));
        }

        return new(default, pattern, format);
    }

    /// <summary>Refuses enum values that have no name.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is not defined.</exception>
    public static void ThrowIfUndefined<TEnum>(TEnum value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture,
                $"{Convert.ToInt64(value, CultureInfo.InvariantCulture)} is no {typeof(TEnum).Name}: use "
                    + $"{string.Join(", ", Enum.GetNames<TEnum>())}."));
        }
    }

    private static string? WhyFloat32(OperationKind kind, NumericFormat format) => (kind, format) switch
    {
        (OperationKind.MatrixProduct, _) => null,
        (_, NumericFormat.TensorFloat32) => "TensorFloat32 is an operand format of matrix products and takes 32 bits in memory; leave "
            + "it at Float32",
        (OperationKind.Activation or OperationKind.Normalization, _) => null,
        (OperationKind.Loss, NumericFormat.Float16) => "loss and its scale overflow in Float16: 65536 > 65504; leave it at Float32",
        (OperationKind.Loss, _) => "a loss of 8 significant bits hides what training gains; leave it at Float32",
        (OperationKind.Reduction, _) => "sums over many elements lose every addend below half a unit of the sum's last place; leave it "
            + "at Float32",
        (OperationKind.Optimizer, _) => "moments are running sums of small addends and ε = 1e-8 is 0 in Float16; leave it at Float32, "
            + "and for weights without masters use WithWeightUpdate(WeightUpdate.Plain)",
        _ => throw UnknownValue.Of(kind),
    };
}
