using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Draws the rows that validate instead of training. All rows are shuffled, and of each class the first ones are taken: its share ⌊n·f⌋,
/// and one more for the
/// classes that lost most by rounding down (largest remainders), until all together are round(N·f). Each class keeps a row to train on. The
/// same seed gives the same rows on every machine.
/// </summary>
internal static class HeldBackRows
{
    /// <summary>Draws without regard to classes.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="fraction">Share, 0 for none; else at least one row is drawn, and at least one left.</param>
    /// <param name="seed">Seed.</param>
    /// <returns>Numbers of the rows, in random order.</returns>
    public static int[] Draw(int rows, float fraction, int seed) => Draw(rows, fraction, seed, [rows], _ => 0);

    /// <summary>Draws of each class its share.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="fraction">Share, 0 for none; else at least one row is drawn, where a class has two.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="rowsOfClass">Rows of each class.</param>
    /// <param name="classOf">Class of a row, from 0.</param>
    /// <returns>Numbers of the rows, in random order.</returns>
    public static int[] Draw(int rows, float fraction, int seed, IReadOnlyList<long> rowsOfClass, Func<int, int> classOf)
    {
        if (fraction == 0)
        {
            return [];
        }

        long[] left = Shares(rowsOfClass, fraction);
        int[] shuffled = [.. Enumerable.Range(0, rows)];
        RowOrder.Shuffle(shuffled, new RandomStream(seed, RandomPurpose.Split, 0));
        int[] drawn = new int[left.Sum()];
        int count = 0;
        foreach (int row in shuffled)
        {
            ref long ofClass = ref left[classOf(row)];
            if (ofClass > 0)
            {
                ofClass--;
                drawn[count++] = row;
            }
        }

        return drawn;
    }

    /// <summary>How many rows of each class are drawn.</summary>
    /// <param name="rowsOfClass">Rows of each class.</param>
    /// <param name="fraction">Share, above 0.</param>
    internal static long[] Shares(IReadOnlyList<long> rowsOfClass, float fraction)
    {
        // 0.1f of 265 is 26.5: a tie is one on paper too.
        long[] most = [.. rowsOfClass.Select(rows => Math.Max(0, rows - 1))];
        decimal[] exact = [.. rowsOfClass.Select(rows => Share.Of(fraction, rows))];
        long[] shares = [.. exact.Zip(most, (wanted, limit) => Math.Min((long)wanted, limit))];
        long all = Math.Min(Math.Max(1, Share.RoundedOf(fraction, rowsOfClass.Sum())), most.Sum());
        int[] byRemainder = [.. Enumerable.Range(0, shares.Length).OrderByDescending(label => exact[label] - shares[label])];
        for (long missing = all - shares.Sum(); missing > 0;)
        {
            foreach (int label in byRemainder.Where(label => shares[label] < most[label]).Take((int)Math.Min(missing, byRemainder.Length)))
            {
                shares[label]++;
                missing--;
            }
        }

        return shares;
    }
}
