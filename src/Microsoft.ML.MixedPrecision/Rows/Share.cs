using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Shares of counts as on paper: 0.7f of 5 is 3.5, not the 3.4999999 that the binary number 0.699999988 would give.</summary>
internal static class Share
{
    /// <summary>The decimal number that a person wrote: the shortest text that reads back as this float.</summary>
    /// <param name="share">A finite share, from 0 to 1.</param>
    public static decimal Exact(float share)
        => decimal.Parse(share.ToString(CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>A share of a count, not rounded.</summary>
    /// <param name="share">The share.</param>
    /// <param name="count">Of so many.</param>
    public static decimal Of(float share, long count) => Exact(share) * count;

    /// <summary>A share of a count, rounded to the nearest whole number, halves to the even one.</summary>
    /// <param name="share">The share.</param>
    /// <param name="count">Of so many.</param>
    public static long RoundedOf(float share, long count) => (long)Math.Round(Of(share, count));
}
