using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The inner kernel where the processor has 32 vector registers: 12 rows × 2 vectors of C, for half as many reads of B as
/// <see cref="MatmulTile{TLanes, TVector}"/> makes. Every sum is the same chain.
/// </summary>
internal static unsafe class MatmulTallTile<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Whether there are 27 registers for it: AVX-512 has 32; the narrower vectors of x64 have 16.</summary>
    public static bool IsWorthIt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Count == 16;
    }

    /// <summary>Σ a[r, k]·b[k, j] of 12 rows, one step of the chain for each k in order.</summary>
    /// <param name="a">Tile of A: 12 rows for each k, those that are missing included.</param>
    /// <param name="b">Panel of B: two vectors for each k.</param>
    /// <param name="bStep">Elements of B from one k to the next.</param>
    /// <param name="depth">Number of steps.</param>
    /// <param name="sums">Where the sums come from and go to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, float* b, nint bStep, nint depth, in MatmulSums sums)
    {
        int half = TLanes.Count;
        var zero = TLanes.Broadcast(0f);
        TVector c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
        TVector c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
        TVector c60 = zero, c61 = zero, c70 = zero, c71 = zero, c80 = zero, c81 = zero;
        TVector c90 = zero, c91 = zero, cA0 = zero, cA1 = zero, cB0 = zero, cB1 = zero;
        if (sums.From is not null)
        {
            float* from = sums.From;
            (c00, c01) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c10, c11) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c20, c21) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c30, c31) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c40, c41) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c50, c51) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c60, c61) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c70, c71) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c80, c81) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (c90, c91) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (cA0, cA1) = (TLanes.Load(from), TLanes.Load(from + half));
            from += sums.FromPitch;
            (cB0, cB1) = (TLanes.Load(from), TLanes.Load(from + half));
        }

        for (var end = b + (depth * bStep); b < end; b += bStep, a += MatmulTiling.TallTileRows)
        {
            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + half);
            var x = TLanes.Broadcast(*a);
            c00 = TLanes.FusedMultiplyAdd(x, b0, c00);
            c01 = TLanes.FusedMultiplyAdd(x, b1, c01);
            x = TLanes.Broadcast(a[1]);
            c10 = TLanes.FusedMultiplyAdd(x, b0, c10);
            c11 = TLanes.FusedMultiplyAdd(x, b1, c11);
            x = TLanes.Broadcast(a[2]);
            c20 = TLanes.FusedMultiplyAdd(x, b0, c20);
            c21 = TLanes.FusedMultiplyAdd(x, b1, c21);
            x = TLanes.Broadcast(a[3]);
            c30 = TLanes.FusedMultiplyAdd(x, b0, c30);
            c31 = TLanes.FusedMultiplyAdd(x, b1, c31);
            x = TLanes.Broadcast(a[4]);
            c40 = TLanes.FusedMultiplyAdd(x, b0, c40);
            c41 = TLanes.FusedMultiplyAdd(x, b1, c41);
            x = TLanes.Broadcast(a[5]);
            c50 = TLanes.FusedMultiplyAdd(x, b0, c50);
            c51 = TLanes.FusedMultiplyAdd(x, b1, c51);
            x = TLanes.Broadcast(a[6]);
            c60 = TLanes.FusedMultiplyAdd(x, b0, c60);
            c61 = TLanes.FusedMultiplyAdd(x, b1, c61);
            x = TLanes.Broadcast(a[7]);
            c70 = TLanes.FusedMultiplyAdd(x, b0, c70);
            c71 = TLanes.FusedMultiplyAdd(x, b1, c71);
            x = TLanes.Broadcast(a[8]);
            c80 = TLanes.FusedMultiplyAdd(x, b0, c80);
            c81 = TLanes.FusedMultiplyAdd(x, b1, c81);
            x = TLanes.Broadcast(a[9]);
            c90 = TLanes.FusedMultiplyAdd(x, b0, c90);
            c91 = TLanes.FusedMultiplyAdd(x, b1, c91);
            x = TLanes.Broadcast(a[10]);
            cA0 = TLanes.FusedMultiplyAdd(x, b0, cA0);
            cA1 = TLanes.FusedMultiplyAdd(x, b1, cA1);
            x = TLanes.Broadcast(a[11]);
            cB0 = TLanes.FusedMultiplyAdd(x, b0, cB0);
            cB1 = TLanes.FusedMultiplyAdd(x, b1, cB1);
        }

        float* to = sums.To;
        MatmulSums.Store<TLanes, TVector>(sums, c00, c01, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c10, c11, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c20, c21, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c30, c31, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c40, c41, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c50, c51, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c60, c61, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c70, c71, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c80, c81, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, c90, c91, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, cA0, cA1, to);
        to += sums.ToPitch;
        MatmulSums.Store<TLanes, TVector>(sums, cB0, cB1, to);
    }
}
