using System.Globalization;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Says where few rows weigh more than 0, the weight of a row's class multiplied in: the others teach and decide
/// nothing.</summary>
internal static class RowsThatCount
{
    /// <summary>Share of the rows that train under which it is said: weights of 0 for a part of them are mostly meant.</summary>
    private const double FewestThatTrain = 0.1;

    /// <summary>Validation rows under which chance decides the best epoch: the mean of so many losses is off by a fifth of their
    /// deviation.</summary>
    private const int FewestThatValidate = 30;

    /// <summary>What a person should know of the rows that train; null for nothing.</summary>
    public static string? Training(RowStore store, ReadOnlySpan<int> rows)
        => Count(store, rows) is var counting && counting < FewestThatTrain * rows.Length
            ? string.Create(CultureInfo.InvariantCulture, $"Only {counting} of {rows.Length} rows that train weigh more than 0: of the "
                + $"others nothing is learned. Check the column of weights and the weights of classes, or drop rows that are not to count.")
            : null;

    /// <summary>The same of rows of the training set that were held back to validate.</summary>
    public static string? HeldBack(RowStore store, ReadOnlySpan<int> rows) => Validating(store, rows, "held back to validate");

    /// <summary>The same of a validation set.</summary>
    public static string? ValidationSet(RowStore store)
    {
        int[] rows = [.. Enumerable.Range(0, store.Rows)];
        return Validating(store, rows, "of the validation set");
    }

    private static string? Validating(RowStore store, ReadOnlySpan<int> rows, string which)
        => Count(store, rows) is var counting && counting < rows.Length && counting < FewestThatValidate
            ? string.Create(CultureInfo.InvariantCulture, $"Only {counting} of {rows.Length} rows {which} weigh more than 0: so few "
                + $"decide when training stops and which epoch's weights are kept. Give a ValidationSet with more rows that count, or "
                + $"set EarlyStoppingPatience to 0 to keep the last epoch's weights.")
            : null;

    private static int Count(RowStore store, ReadOnlySpan<int> rows)
    {
        if (!store.HasWeights)
        {
            return rows.Length;
        }

        int counting = 0;
        foreach (int row in rows)
        {
            counting += store.Weight(row) > 0 ? 1 : 0;
        }

        return counting;
    }
}
