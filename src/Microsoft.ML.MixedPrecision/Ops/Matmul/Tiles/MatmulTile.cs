using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The inner kernel: 6 rows × 2 vectors of C kept in registers, so 12 independent chains of fused multiply-adds hide their
/// latency.</summary>
internal static unsafe class MatmulTile<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Σ a[r, k]·b[k, j], one step of the chain for each k in order.</summary>
    /// <param name="a">First element of the tile's first row; a[r, k] is at rowOffset(r) + k·<paramref name="aStep"/>.</param>
    /// <param name="aPitch">Elements from one row of A to the next.</param>
    /// <param name="rows">Rows of A that exist, 1–6: rows beyond repeat the last, and their results are rubbish.</param>
    /// <param name="aStep">Elements from one k to the next.</param>
    /// <param name="b">Panel of B: two vectors for each k.</param>
    /// <param name="bStep">Elements of B from one k to the next.</param>
    /// <param name="depth">Number of steps.</param>
    /// <param name="sums">Where the sums come from and go to; 6 rows there.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, nint aPitch, int rows, nint aStep, float* b, nint bStep, nint depth, in MatmulSums sums)
    {
        float* a0 = a, a1 = a + (Math.Min(1, rows - 1) * aPitch), a2 = a + (Math.Min(2, rows - 1) * aPitch);
        float* a3 = a + (Math.Min(3, rows - 1) * aPitch), a4 = a + (Math.Min(4, rows - 1) * aPitch);
        float* a5 = a + (Math.Min(5, rows - 1) * aPitch);
        var zero = TLanes.Broadcast(0f);
        TVector c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
        TVector c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
        int half = TLanes.Count;
        if (sums.From is not null)
        {
            float* c = sums.From;
            nint pitch = sums.FromPitch;
            (c00, c01) = (TLanes.Load(c), TLanes.Load(c + half));
            (c10, c11) = (TLanes.Load(c + pitch), TLanes.Load(c + pitch + half));
            (c20, c21) = (TLanes.Load(c + (2 * pitch)), TLanes.Load(c + (2 * pitch) + half));
            (c30, c31) = (TLanes.Load(c + (3 * pitch)), TLanes.Load(c + (3 * pitch) + half));
            (c40, c41) = (TLanes.Load(c + (4 * pitch)), TLanes.Load(c + (4 * pitch) + half));
            (c50, c51) = (TLanes.Load(c + (5 * pitch)), TLanes.Load(c + (5 * pitch) + half));
        }

        nint at = 0;
        for (var end = b + (depth * bStep); b < end; b += bStep, at += aStep)
        {
            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + half);
            var x = TLanes.Broadcast(a0[at]);
            c00 = TLanes.FusedMultiplyAdd(x, b0, c00);
            c01 = TLanes.FusedMultiplyAdd(x, b1, c01);
            x = TLanes.Broadcast(a1[at]);
            c10 = TLanes.FusedMultiplyAdd(x, b0, c10);
            c11 = TLanes.FusedMultiplyAdd(x, b1, c11);
            x = TLanes.Broadcast(a2[at]);
            c20 = TLanes.FusedMultiplyAdd(x, b0, c20);
            c21 = TLanes.FusedMultiplyAdd(x, b1, c21);
            x = TLanes.Broadcast(a3[at]);
            c30 = TLanes.FusedMultiplyAdd(x, b0, c30);
            c31 = TLanes.FusedMultiplyAdd(x, b1, c31);
            x = TLanes.Broadcast(a4[at]);
            c40 = TLanes.FusedMultiplyAdd(x, b0, c40);
            c41 = TLanes.FusedMultiplyAdd(x, b1, c41);
            x = TLanes.Broadcast(a5[at]);
            c50 = TLanes.FusedMultiplyAdd(x, b0, c50);
            c51 = TLanes.FusedMultiplyAdd(x, b1, c51);
        }

        float* to = sums.To;
        MatmulSums.Store<TLanes, TVector>(sums, c00, c01, to);
        MatmulSums.Store<TLanes, TVector>(sums, c10, c11, to + sums.ToPitch);
        MatmulSums.Store<TLanes, TVector>(sums, c20, c21, to + (2 * sums.ToPitch));
        MatmulSums.Store<TLanes, TVector>(sums, c30, c31, to + (3 * sums.ToPitch));
        MatmulSums.Store<TLanes, TVector>(sums, c40, c41, to + (4 * sums.ToPitch));
        MatmulSums.Store<TLanes, TVector>(sums, c50, c51, to + (5 * sums.ToPitch));
    }

    /// <summary>The same for a last panel of which only the first vector holds columns: 6 rows × 1 vector, and half the work.</summary>
    /// <param name="a">First element of the tile's first row; a[r, k] is at rowOffset(r) + k·<paramref name="aStep"/>.</param>
    /// <param name="aPitch">Elements from one row of A to the next.</param>
    /// <param name="rows">Rows of A that exist, 1–6: rows beyond repeat the last, and their results are rubbish.</param>
    /// <param name="aStep">Elements from one k to the next.</param>
    /// <param name="b">Panel of B: two vectors for each k.</param>
    /// <param name="bStep">Elements of B from one k to the next.</param>
    /// <param name="depth">Number of steps.</param>
    /// <param name="c">Tile of C, 6 rows.</param>
    /// <param name="cPitch">Elements from one row of C to the next.</param>
    /// <param name="fromZero">Whether C's contents are ignored.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyHalf(
        float* a,
        nint aPitch,
        int rows,
        nint aStep,
        float* b,
        nint bStep,
        nint depth,
        float* c,
        nint cPitch,
        bool fromZero)
    {
        float* a0 = a, a1 = a + (Math.Min(1, rows - 1) * aPitch), a2 = a + (Math.Min(2, rows - 1) * aPitch);
        float* a3 = a + (Math.Min(3, rows - 1) * aPitch), a4 = a + (Math.Min(4, rows - 1) * aPitch);
        float* a5 = a + (Math.Min(5, rows - 1) * aPitch);
        var zero = TLanes.Broadcast(0f);
        TVector c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero;
        if (!fromZero)
        {
            (c0, c1, c2) = (TLanes.Load(c), TLanes.Load(c + cPitch), TLanes.Load(c + (2 * cPitch)));
            (c3, c4, c5) = (TLanes.Load(c + (3 * cPitch)), TLanes.Load(c + (4 * cPitch)), TLanes.Load(c + (5 * cPitch)));
        }

        nint at = 0;
        for (var end = b + (depth * bStep); b < end; b += bStep, at += aStep)
        {
            var x = TLanes.Load(b);
            c0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a0[at]), x, c0);
            c1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a1[at]), x, c1);
            c2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a2[at]), x, c2);
            c3 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a3[at]), x, c3);
            c4 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a4[at]), x, c4);
            c5 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a5[at]), x, c5);
        }

        TLanes.Store(c0, c);
        TLanes.Store(c1, c + cPitch);
        TLanes.Store(c2, c + (2 * cPitch));
        TLanes.Store(c3, c + (3 * cPitch));
        TLanes.Store(c4, c + (4 * cPitch));
        TLanes.Store(c5, c + (5 * cPitch));
    }
}
