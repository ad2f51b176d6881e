using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>A table in memory, by column.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Labels">The label of each row.</param>
/// <param name="Numbers">Columns of numbers; NaN where one is missing.</param>
/// <param name="Categories">Columns of categories; empty text where one is missing.</param>
internal sealed record TableData(Question Question, TableLabels Labels, float[][] Numbers, string[][] Categories)
{
    /// <summary>Of each row the best that can be said of it from its features: the probability of yes, or the expected number. Null where
    /// nobody knows.</summary>
    public double[]? Best { get; init; }

    /// <summary>Of each row whether it may only be tested on. Null if every row may be trained on.</summary>
    public bool[]? TestOnly { get; init; }

    /// <summary>Rows.</summary>
    public int Count => Labels.Count;
}
