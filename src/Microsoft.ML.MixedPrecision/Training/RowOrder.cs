using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>The rows that train, shuffled anew each epoch, and the rows that validate.</summary>
internal sealed class RowOrder
{
    private readonly int[] _train;
    private readonly int _seed;

    /// <summary>Splits the rows.</summary>
    /// <param name="rows">Rows of the store.</param>
    /// <param name="validationFraction">Share that validates, 0 for none; at least one row trains, and at least one validates if the share is not 0.</param>
    /// <param name="seed">The same seed gives the same split and orders.</param>
    public RowOrder(int rows, float validationFraction, int seed)
    {
        _seed = seed;
        int[] all = [.. Enumerable.Range(0, rows)];
        int kept = validationFraction == 0 ? 0 : Math.Clamp((int)Math.Round((double)rows * validationFraction), 1, rows - 1);
        if (kept == 0)
        {
            (Validation, _train) = ([], all);
            return;
        }

        Shuffle(all, new RandomStream(seed, RandomPurpose.Split, 0));
        Validation = all[..kept];
        _train = all[kept..];
        Array.Sort(_train);
    }

    /// <summary>Number of rows that train.</summary>
    public int TrainRows => _train.Length;

    /// <summary>Rows that train, in ascending order.</summary>
    public ReadOnlySpan<int> Train => _train;

    /// <summary>Rows that validate.</summary>
    public int[] Validation { get; }

    /// <summary>The training rows in the order of an epoch: a function of seed and epoch alone.</summary>
    /// <param name="epoch">Number of the epoch.</param>
    /// <param name="order">Receives <see cref="TrainRows"/> row numbers.</param>
    public void Fill(int epoch, int[] order)
    {
        _train.CopyTo(order, 0);
        Shuffle(order, new RandomStream(_seed, RandomPurpose.Shuffle, epoch));
    }

    /// <summary>Fisher and Yates' shuffle.</summary>
    private static void Shuffle(int[] rows, RandomStream random)
    {
        for (int i = rows.Length - 1; i > 0; i--)
        {
            int j = random.NextInt32(i + 1);
            (rows[i], rows[j]) = (rows[j], rows[i]);
        }
    }
}
