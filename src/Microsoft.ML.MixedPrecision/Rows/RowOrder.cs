using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>The rows that train, shuffled anew each epoch, and the rows that validate.</summary>
internal sealed class RowOrder
{
    private readonly int[] _train;
    private readonly int _seed;

    /// <summary>Divides the rows.</summary>
    /// <param name="rows">Rows of the store.</param>
    /// <param name="heldBack">Those that validate, in any order; see <see cref="HeldBackRows"/>.</param>
    /// <param name="seed">The same seed gives the same orders.</param>
    public RowOrder(int rows, int[] heldBack, int seed)
    {
        _seed = seed;
        Validation = heldBack;
        if (heldBack.Length == 0)
        {
            _train = [.. Enumerable.Range(0, rows)];
            return;
        }

        bool[] validates = new bool[rows];
        foreach (int row in heldBack)
        {
            validates[row] = true;
        }

        _train = new int[rows - heldBack.Length];
        for (int row = 0, i = 0; row < rows; row++)
        {
            if (!validates[row])
            {
                _train[i++] = row;
            }
        }
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
    internal static void Shuffle(int[] rows, RandomStream random)
    {
        for (int i = rows.Length - 1; i > 0; i--)
        {
            int j = random.NextInt32(i + 1);
            (rows[i], rows[j]) = (rows[j], rows[i]);
        }
    }
}
