using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Steps;

/// <summary>Rows of standard normal features with labels drawn at random.</summary>
internal static class RandomBatch
{
    /// <summary>Appends rows, the same each time.</summary>
    public static void Fill(RowStore store, int rows, int classes)
    {
        var random = new Random(1);
        float[] features = new float[store.Features];
        for (int i = 0; i < rows; i++)
        {
            Normal.Fill(random, features);
            store.Append(features, random.Next(classes), 1f);
        }
    }
}
