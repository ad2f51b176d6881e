namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Finds the quartiles of a feature without holding its values: a Float32 is a number of 32 bits in the same order, three digits of 11, 11
/// and 10 bits. A pass over all values counts how many have each next digit behind the digits that a wanted rank is known to begin with,
/// and the counts say which digit the rank has. Three passes, exact for any data, in memory that does not depend on the number of values.
/// </summary>
internal sealed class QuartileSearch
{
    private const int FirstShift = 21, LastBits = 10, Buckets = 1 << 11;
    private static readonly double[] Shares = [0.25, 0.5, 0.75];

    /// <summary>A quantile lies between two ranks.</summary>
    private static readonly int Ranks = 2 * Shares.Length;

    /// <summary>Digits that ranks begin with, those of several ranks once; none before the first pass, and so the same ones for
    /// all.</summary>
    private uint[] _beginnings = [0];

    /// <summary>Which of <see cref="_beginnings"/> is each rank's.</summary>
    private readonly int[] _beginningOf = new int[Ranks];

    /// <summary>Values before each rank, of those that begin as it does.</summary>
    private readonly long[] _before = new long[Ranks];

    private readonly long[] _counts = new long[Ranks * Buckets];
    private int _shift = FirstShift, _bits = 32 - FirstShift;
    private long _values, _gaps;
    private uint _least = uint.MaxValue, _largest;

    /// <summary>Counts values; in every pass the same ones.</summary>
    /// <param name="values">The values; NaN is a gap.</param>
    public void Count(ReadOnlySpan<float> values)
    {
        if (_shift == FirstShift)
        {
            CountFirst(values);
            return;
        }

        uint[] wanted = _beginnings;
        long[] counts = _counts;
        int shift = _shift, past = _shift + _bits;
        uint mask = (1u << _bits) - 1;
        foreach (float value in values)
        {
            uint key = KeyOf(value), beginning = key >> past; // NaN begins as no wanted rank does.
            for (int at = 0; at < wanted.Length; at++)
            {
                if (wanted[at] == beginning)
                {
                    counts[(at * Buckets) + (int)((key >> shift) & mask)]++;
                    break;
                }
            }
        }
    }

    /// <summary>Ends a pass.</summary>
    /// <returns>Whether there must be another.</returns>
    public bool Advance()
    {
        if (_values == 0)
        {
            _shift = 0; // Gaps are counted in the first pass alone.
            return false;
        }

        for (int rank = 0; rank < Ranks && _shift == FirstShift; rank++)
        {
            long low = (long)Position(rank / 2);
            _before[rank] = Math.Min(low + (rank % 2), _values - 1);
        }

        uint[] found = [.. Enumerable.Range(0, Ranks).Select(NextDigit)];
        _beginnings = [.. found.Distinct()];
        for (int rank = 0; rank < Ranks; rank++)
        {
            _beginningOf[rank] = Array.IndexOf(_beginnings, found[rank]);
        }

        if (_shift == 0)
        {
            return false;
        }

        Array.Clear(_counts);
        _bits = _shift == FirstShift ? FirstShift - LastBits : LastBits;
        _shift -= _bits;
        return true;
    }

    /// <summary>What was found, once there need be no other pass.</summary>
    public FeatureQuartiles ToQuartiles() => _values == 0
        ? new FeatureQuartiles { Gaps = _gaps }
        : new FeatureQuartiles(_values, _gaps, ValueOf(_least), Quantile(0), Quantile(1), Quantile(2), ValueOf(_largest));

    /// <summary>Numbers in the order of values: negative ones upside down, below the others.</summary>
    private static uint KeyOf(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value);
        return (uint)bits ^ ((uint)(bits >> 31) | 0x80000000);
    }

    private static float ValueOf(uint key) => BitConverter.UInt32BitsToSingle((key & 0x80000000) != 0 ? key ^ 0x80000000 : ~key);

    /// <summary>Every value begins with no digit at all.</summary>
    private void CountFirst(ReadOnlySpan<float> values)
    {
        long[] counts = _counts;
        foreach (float value in values)
        {
            if (float.IsNaN(value))
            {
                _gaps++;
                continue;
            }

            uint key = KeyOf(value);
            (_least, _largest) = (Math.Min(_least, key), Math.Max(_largest, key));
            counts[(int)(key >> FirstShift)]++;
            _values++;
        }
    }

    private double Position(int share) => (_values - 1) * Shares[share];

    /// <summary>A rank's digits with the one that was counted.</summary>
    private uint NextDigit(int rank)
    {
        int at = _beginningOf[rank], digit = 0;
        ReadOnlySpan<long> counts = _counts.AsSpan(at * Buckets, Buckets);
        for (; _before[rank] >= counts[digit]; digit++)
        {
            _before[rank] -= counts[digit];
        }

        return (_beginnings[at] << _bits) | (uint)digit;
    }

    private double Quantile(int share)
    {
        double low = ValueOf(_beginnings[_beginningOf[2 * share]]), high = ValueOf(_beginnings[_beginningOf[(2 * share) + 1]]);
        return low + ((high - low) * (Position(share) - Math.Floor(Position(share))));
    }
}
