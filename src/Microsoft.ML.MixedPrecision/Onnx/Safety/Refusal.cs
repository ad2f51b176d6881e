using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Makes the exceptions of a refused file: one sentence of what is wrong, one of what to do.</summary>
internal static class Refusal
{
    private const string Untrusted = "Use an undamaged file from a source that you trust.";

    /// <summary>The file contradicts itself or the format.</summary>
    /// <param name="what">What is wrong, without a full stop.</param>
    public static OnnxModelRefusedException Damaged(string what) => new($"The ONNX file is refused: {what}. {Untrusted}");

    /// <summary>The file holds what is not accepted.</summary>
    /// <param name="what">What is wrong, without a full stop.</param>
    /// <param name="remedy">What to do, a sentence.</param>
    public static OnnxModelRefusedException Because(string what, string remedy) => new($"The ONNX file is refused: {what}. {remedy}");

    /// <summary>A value is above an option of <see cref="OnnxModelLimits"/>.</summary>
    /// <param name="what">What it is, with the value, without a full stop.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="option">The option's name.</param>
    public static OnnxModelRefusedException AboveLimit(string what, long limit, string option)
        => new(string.Create(CultureInfo.InvariantCulture, $"The ONNX file is refused: {what}; at most {limit} is allowed. If you "
            + $"trust its source, raise {nameof(OnnxModelLimits)}.{option}."));
}
