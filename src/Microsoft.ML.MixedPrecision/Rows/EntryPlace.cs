using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Where the entries of a sparse row lie among those of all rows: what its column holds, also on a card.</summary>
/// <param name="First">Number of the first, from 0.</param>
/// <param name="Count">How many there are.</param>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal readonly record struct EntryPlace(long First, int Count)
{
    /// <summary>Bytes of a place.</summary>
    public const int Bytes = 16;
}
