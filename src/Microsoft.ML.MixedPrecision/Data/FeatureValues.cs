using System.Numerics;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Looks at features of which some may be missing.</summary>
internal static class FeatureValues
{
    /// <summary>Whether a value is beyond a limit on either side. NaN is not: <c>TensorPrimitives.MaxMagnitudeNumber</c>, which would say
    /// as much, gives NaN where one is among the values (System.Numerics.Tensors 10.0).</summary>
    /// <param name="values">The values.</param>
    /// <param name="limit">The largest magnitude that is allowed.</param>
    public static bool AnyBeyond(ReadOnlySpan<float> values, float limit)
    {
        for (; values.Length >= Vector<float>.Count; values = values[Vector<float>.Count..])
        {
            if (Vector.GreaterThanAny(Vector.Abs(new Vector<float>(values)), new Vector<float>(limit)))
            {
                return true;
            }
        }

        foreach (float value in values)
        {
            if (Math.Abs(value) > limit)
            {
                return true;
            }
        }

        return false;
    }
}
