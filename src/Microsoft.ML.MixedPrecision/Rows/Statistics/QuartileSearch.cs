using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Finds the quartiles of a feature without holding its values: a Float32 is a number of 32 bits in the same order, three digits of 11, 11
/// and 10 bits. A pass over all values counts how many have each next digit behind the digits that a wanted rank is known to begin with,
/// and the counts say which digit the rank has. Three passes, exact for any data, in memory that does not depend on the number of values.
/// </summary>
internal sealed class QuartileSearch
{
    private const int FirstDigit = 11, FirstShift = 32 - FirstDigit, LastBits = 10, Buckets = 1 << FirstDigit;

    /// <summary>A quantile lies between two ranks.</summary>
    private const int Ranks = 6;

    private static readonly double[] Shares = [0.25, 0.5, 0.75];

    /// <summary>Digits that ranks begin with, those of several ranks once; none before the first pass, and so the same ones for
    /// all.</summary>
    private uint[] _beginnings = [0];

    /// <summary>Which of <see cref="_beginnings"/> is each rank's.</summary>
    private readonly int[] _beginningOf = new int[Ranks];

    /// <summary>Values before each rank, of those that begin as it does.</summary>
    private readonly long[] _before = new long[Ranks];

    /// <summary>Where in <see cref="_beginnings"/> one with a first digit is; <see cref="Ranks"/> for none.</summary>
    private readonly byte[] _placeOf = new byte[Buckets];

    private readonly long[] _counts = new long[(Ranks + 1) * Buckets];
    private int _shift = FirstShift, _bits = FirstDigit;
    private long _values, _gaps;
    private uint _least = uint.MaxValue, _largest;

    /// <summary>Counts values; in every pass the same ones.</summary>
    /// <param name="values">The values; NaN is a gap.</param>
    public void Count(ReadOnlySpan<float> values)
    {
        if (_shift == FirstShift)
        {
            CountFirst(values);
        }
        else if (_shift == LastBits)
        {
            CountSecond(values);
        }
        else
        {
            CountLast(values);
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

        Array.Fill(_placeOf, (byte)Ranks);
        for (int at = 0; at < _beginnings.Length; at++)
        {
            _placeOf[_beginnings[at] >> (32 - _shift - FirstDigit)] = (byte)at;
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

    /// <summary>Without a branch, which nobody could predict: values of no wanted beginning, and NaN, are counted behind the
    /// others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CountSecond(ReadOnlySpan<float> values)
    {
        (long[] counts, byte[] placeOf) = (_counts, _placeOf);
        foreach (float value in values)
        {
            uint key = KeyOf(value);
            counts[(placeOf[key >> FirstShift] * Buckets) + (int)((key >> LastBits) & (Buckets - 1))]++;
        }
    }

    /// <summary>Looks at the first digit first: most values have none that is wanted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CountLast(ReadOnlySpan<float> values)
    {
        (long[] counts, byte[] placeOf, uint[] wanted) = (_counts, _placeOf, _beginnings);
        foreach (float value in values)
        {
            uint key = KeyOf(value);
            int at = placeOf[key >> FirstShift] == Ranks ? wanted.Length : 0;
            for (; at < wanted.Length; at++)
            {
                if (wanted[at] == key >> LastBits)
                {
                    counts[(at * Buckets) + (int)(key & ((1 << LastBits) - 1))]++;
                    break;
                }
            }
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
