using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Steps;

/// <summary>Rows of standard normal features with labels drawn at random.</summary>
internal static class RandomBatch
{
    /// <summary>Appends rows, the same each time.</summary>
    /// <param name="store">Receives them.</param>
    /// <param name="rows">How many.</param>
    /// <param name="classes">Classes of the labels.</param>
    /// <param name="tokens">What is drawn instead of features; null for these.</param>
    public static void Fill(RowStore store, int rows, int classes, TokensInput? tokens = null)
    {
        var random = new Random(1);
        float[] features = new float[tokens?.Rows ?? store.Features];
        for (int i = 0; i < rows; i++)
        {
            if (tokens is null)
            {
                Normal.Fill(random, features);
            }
            else
            {
                foreach (ref float feature in features.AsSpan())
                {
                    feature = 1 + random.Next(tokens.Vocabulary);
                }
            }

            store.Append(features, random.Next(classes), 1f);
        }
    }
}
