using System.Numerics;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Merges by pair, in one array with linear probing. (A dictionary hashes two ids in one number by their exclusive or, so that many pairs
/// collide: it took seven times as long.)
/// </summary>
internal sealed class PairTable
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    private readonly (ulong Key, Merge Merge)[] _places;
    private readonly int _shift;

    /// <summary>A table.</summary>
    /// <param name="merges">Left id, right id and id of both, the first learnt first; of equal pairs the last counts.</param>
    public PairTable(IEnumerable<(int Left, int Right, int Both)> merges)
    {
        (int Left, int Right, int Both)[] all = [.. merges];
        int bits = BitOperations.Log2((uint)all.Length + 1) + 2;
        _places = new (ulong Key, Merge Merge)[1 << bits];
        Array.Fill(_places, (0UL, Merge.No));
        _shift = 64 - bits;
        for (int rank = 0; rank < all.Length; rank++)
        {
            ulong key = Key(all[rank].Left, all[rank].Right);
            _places[Place(key)] = (key, new Merge(rank, all[rank].Both));
        }
    }

    /// <summary>What two neighbours become.</summary>
    /// <param name="left">The left one.</param>
    /// <param name="right">The right one.</param>
    public Merge Find(int left, int right) => _places[Place(Key(left, right))].Merge;

    /// <summary>Where a key is, or where it would be.</summary>
    private int Place(ulong key)
    {
        int at = (int)((key * Multiplier) >> _shift);
        while (_places[at].Key != key && _places[at].Key != 0)
        {
            at = (at + 1) & (_places.Length - 1);
        }

        return at;
    }

    /// <summary>Never 0, which is a free place.</summary>
    private static ulong Key(int left, int right) => (((ulong)left << 32) | (uint)right) + 1;
}
