using System.Globalization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>The constants of a loss scale. Blittable: passed to device code as it is.</summary>
/// <param name="Kind">Which update.</param>
/// <param name="InitialScale">The scale of the first step.</param>
/// <param name="GrowthFactor">Factor on growth, above 1.</param>
/// <param name="BackoffFactor">Factor on overflow, between 0 and 1.</param>
/// <param name="GrowthInterval">Good steps before growth.</param>
/// <param name="Hysteresis">Overflows before the scale backs off.</param>
/// <param name="MinScale">The floor; 0 means that the scale may fall to 0.</param>
/// <param name="MaxScale">The ceiling; <see cref="float.MaxValue"/> means that growth to infinity is left out, infinity that it
/// happens.</param>
internal readonly record struct LossScaleRule(
    LossScaleKind Kind,
    float InitialScale,
    float GrowthFactor = 2,
    float BackoffFactor = 0.5f,
    int GrowthInterval = 2000,
    int Hysteresis = 1,
    float MinScale = 1,
    float MaxScale = LossScaleRule.DefaultMaxScale)
{
    /// <summary>2²⁴: the ceiling of Apex, and ours.</summary>
    public const float DefaultMaxScale = 16777216;

    /// <summary>Share of Float16's range that <see cref="Measured(float)"/> leaves to gradients larger than those of the probe
    /// step.</summary>
    private const float Headroom = 8;

    /// <summary>No scaling; steps are still checked for non-finite gradients.</summary>
    public static LossScaleRule None => Fixed(LossScaleKind.None, 1);

    /// <summary>A scale still to be measured: 1 until <see cref="Measured(float)"/> is given the gradients of a probe step.</summary>
    public static LossScaleRule ToMeasure => Fixed(LossScaleKind.Measured, 1);

    /// <summary>A fixed scale.</summary>
    public static LossScaleRule Static(float scale) => Fixed(LossScaleKind.Static, scale);

    /// <summary>
    /// The scale for a measured gradient: the largest power of two S with S·g &lt; 65504/8, at most 2²⁴ (so too where g = 0). It never
    /// grows; overflows halve it, down to 1 or,
    /// from an S below 65536, to S·2⁻¹⁶, as far as a dynamic scale falls from its first value.
    /// </summary>
    /// <param name="largestGradient">g: the largest absolute true gradient of a probe step in Float32, of those that training stores in 16
    /// bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, infinite or NaN.</exception>
    public static LossScaleRule Measured(float largestGradient)
    {
        if (!(largestGradient >= 0 && float.IsFinite(largestGradient)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(largestGradient), largestGradient, "The largest gradient of the probe step must be finite and not negative: "
                    + "check the data, or lower the learning rate.");
        }

        // Exact: products with powers of two do not round in double.
        double limit = 65504 / Headroom;
        double scale = DefaultMaxScale;
        while (scale * largestGradient >= limit)
        {
            scale /= 2;
        }

        return new LossScaleRule(
            LossScaleKind.Dynamic,
            (float)scale,
            GrowthInterval: int.MaxValue,
            MinScale: (float)Math.Min(1, scale / 65536),
            MaxScale: (float)scale);
    }

    /// <summary>For people: <c>65536, ×2 after 2000 good steps, ×0.5 after 1 overflow, from 1 to 16777216</c>.</summary>
    public override string ToString() => Kind switch
    {
        LossScaleKind.None => "none",
        LossScaleKind.Static => string.Create(CultureInfo.InvariantCulture, $"{InitialScale}, fixed"),
        LossScaleKind.Measured => "measured by probe steps",
        LossScaleKind.Dynamic when InitialScale == MaxScale => string.Create(CultureInfo.InvariantCulture,
            $"{InitialScale}, ×{BackoffFactor} after {Overflows}, never raised, down to {MinScale}"),
        LossScaleKind.Dynamic or LossScaleKind.DeepSpeed => string.Create(
            CultureInfo.InvariantCulture,
            $"{InitialScale}, ×{GrowthFactor} after {GrowthInterval} good steps, ×{BackoffFactor} after {Overflows}, from {MinScale} "
                + $"to {MaxScale}"),
        _ => throw UnknownValue.Of(Kind),
    };

    private string Overflows => Hysteresis == 1 ? "1 overflow" : string.Create(CultureInfo.InvariantCulture, $"{Hysteresis} overflows");

    private static LossScaleRule Fixed(LossScaleKind kind, float scale) => new(kind, scale, MinScale: scale, MaxScale: scale);
}
