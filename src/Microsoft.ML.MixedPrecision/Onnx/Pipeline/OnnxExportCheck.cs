using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Checks options that contradict each other before anything is written.</summary>
internal static class OnnxExportCheck
{
    /// <summary>Checks options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="hasRows">Whether rows to measure on were given.</param>
    /// <exception cref="ArgumentException">One is outside its range, or needs another one, or rows.</exception>
    /// <exception cref="NotSupportedException">The format is not one of files.</exception>
    public static void Require(OnnxExportOptions options, bool hasRows)
    {
        RequireFormat(options.Format);
        if (!Enum.IsDefined(options.OperatorSet))
        {
            throw new ArgumentOutOfRangeException(nameof(options), Text((double)options.OperatorSet),
                $"{nameof(options.OperatorSet)} must be {string.Join(" or ", Enum.GetNames<OnnxOperatorSet>())}.");
        }

        RequireFloat16(options, options.Float16Edges, nameof(options.Float16Edges));
        RequireFloat16(options, options.HasBudget, $"{nameof(options.MaxDifference)} or {nameof(options.MinAgreement)}");
        if (options.MaxDifference is { } difference && !(difference >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(options), Text(difference), $"{nameof(options.MaxDifference)} must be at "
                + $"least 0, or null for no limit.");
        }

        if (options.MinAgreement is { } agreement && !(agreement is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), Text(agreement), $"{nameof(options.MinAgreement)} must be a share "
                + $"from 0 to 1, or null for no limit.");
        }

        if (options is { HasBudget: true, PrecisionAware: false })
        {
            throw new ArgumentException($"{nameof(options.MaxDifference)} and {nameof(options.MinAgreement)} are met by keeping layers "
                + $"in FP32, which {nameof(options.PrecisionAware)} = false forbids; leave it on, or both limits null.", nameof(options));
        }

        if (options.HasBudget && !hasRows)
        {
            throw new ArgumentException($"{nameof(options.MaxDifference)} and {nameof(options.MinAgreement)} are measured on rows; "
                + $"give data, best that the model has not seen, in place of a schema.", nameof(options));
        }
    }

    private static void RequireFloat16(OnnxExportOptions options, bool isSet, string name)
    {
        if (isSet && options.Format != NumericFormat.Float16)
        {
            throw new ArgumentException($"{name} is for {nameof(options.Format)} = Float16; it is {options.Format}.", nameof(options));
        }
    }

    private static void RequireFormat(NumericFormat format)
    {
        if (format == NumericFormat.TensorFloat32)
        {
            throw new NotSupportedException("TensorFloat32 is not exported: it is how a GPU multiplies, and its weights are stored in "
                + "Float32. Use Float32, Float16 or BFloat16.");
        }

        if (!Enum.IsDefined(format))
        {
            throw new ArgumentOutOfRangeException(nameof(format), Text((double)format), "Use Float32, Float16 or BFloat16.");
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
