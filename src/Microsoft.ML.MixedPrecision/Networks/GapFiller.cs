using System.Numerics;
using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// What a network does with missing features, NaN, ahead of everything else: each becomes its feature's <see cref="Fill"/>, and for each of
/// the features that had gaps in training a number behind the others says whether it was missing, 1, or there, 0.
/// </summary>
internal sealed class GapFiller
{
    private readonly int[] _indicated;

    /// <summary>Fills with 0 until the vector is filled.</summary>
    /// <param name="input">Name of the input: <c>features</c>.</param>
    /// <param name="features">Features as they are given.</param>
    /// <param name="indicated">Numbers of those that have an indicator, ascending.</param>
    public GapFiller(string input, int features, IReadOnlyList<int> indicated)
        => (Fill, _indicated) = (new LearnedVector(input + ".fill", features), [.. indicated]);

    /// <summary>What stands in for a missing feature, in units of the features: (1, features).</summary>
    public StoredMatrix Fill { get; }

    /// <summary>The features that have an indicator, ascending.</summary>
    public ReadOnlySpan<int> Indicated => _indicated;

    /// <summary>Whether gaps of a feature have an indicator.</summary>
    /// <param name="feature">Its number.</param>
    public bool Indicates(int feature) => Array.BinarySearch(_indicated, feature) >= 0;

    /// <summary>Fills a row.</summary>
    /// <param name="features">x, with gaps.</param>
    /// <param name="filled">Receives the features without gaps; may begin where <paramref name="features"/> does.</param>
    /// <param name="indicators">Receives the indicators.</param>
    public void Apply(ReadOnlySpan<float> features, Span<float> filled, Span<float> indicators)
    {
        for (int i = 0; i < indicators.Length; i++)
        {
            indicators[i] = float.IsNaN(features[_indicated[i]]) ? 1 : 0;
        }

        ReadOnlySpan<float> fill = Fill.Values;
        int at = 0;
        for (; at <= features.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            var x = new Vector<float>(features[at..]);
            Vector.ConditionalSelect(Vector.Equals(x, x), x, new Vector<float>(fill[at..])).CopyTo(filled[at..]);
        }

        for (; at < features.Length; at++)
        {
            filled[at] = float.IsNaN(features[at]) ? fill[at] : features[at];
        }
    }
}
