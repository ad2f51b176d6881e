namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Where the elements of a block of op(A) lie: element (r, k) at Start + r ÷ Rows · TilePitch + r mod Rows · Pitch +
/// k·Step.</summary>
/// <param name="Start">Address of element (0, 0).</param>
/// <param name="Rows">Rows of a tile.</param>
/// <param name="TilePitch">Elements from one tile to the next.</param>
/// <param name="Pitch">Elements from one row of a tile to the next.</param>
/// <param name="Step">Elements from one k to the next.</param>
/// <param name="IsLaidOut">Whether the rows of a tile are neighbours, rows that are missing included.</param>
internal readonly record struct MatmulTiles(nint Start, int Rows, nint TilePitch, nint Pitch, nint Step, bool IsLaidOut)
{
    /// <summary>Address of element (r, k).</summary>
    public unsafe float* At(int r, int k) => (float*)Start + (r / Rows * TilePitch) + (r % Rows * Pitch) + (k * Step);
}
