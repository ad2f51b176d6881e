using System.Numerics;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// f(z) = z/√(1 + (z/3)²): z itself near 0, ±3 far from it, odd and increasing, so that an outlier counts as one and no more. Source:
/// RealMLP (https://arxiv.org/abs/2407.04491).
/// </summary>
/// <remarks>
/// Computed as z' = min(max(z, −2²⁰), 2²⁰), t = z'·⅓, f = z'/√(t·t + 1), each operation rounded once in Float32, so that the operators of
/// an ONNX file have the same bits. The bound changes nothing, since f is within half a unit of ±3 from |z| = 2¹⁴ on, and it is what keeps
/// t·t finite: without it f of 1e20 would be 1e20/∞ = 0. It takes ±∞, a difference or product beyond Float32, to ±3 too.
/// </remarks>
internal static class SmoothClip
{
    /// <summary>The largest |z| that is computed with.</summary>
    public const float Bound = 1 << 20;

    /// <summary>⅓ in Float32.</summary>
    public const float Third = 1f / 3;

    /// <summary>Clips in place.</summary>
    /// <param name="values">z, becomes f(z).</param>
    public static void Run(Span<float> values)
    {
        Span<float> left = values;
        var bound = new Vector<float>(Bound);
        for (; left.Length >= Vector<float>.Count; left = left[Vector<float>.Count..])
        {
            Vector<float> z = Vector.Min(Vector.Max(new Vector<float>(left), -bound), bound);
            Vector<float> t = z * Third;
            (z / Vector.SquareRoot((t * t) + Vector<float>.One)).CopyTo(left);
        }

        for (int i = 0; i < left.Length; i++)
        {
            float z = MathF.Min(MathF.Max(left[i], -Bound), Bound), t = z * Third;
            left[i] = z / MathF.Sqrt((t * t) + 1);
        }
    }
}
