using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>C = A·B, or C += A·B, of small Float32 matrices on one thread: A (M, K), B (K, N), C (M, N). Every sum runs in the order of
/// k, each product fused with it, so that all vector widths give the same bits.</summary>
internal unsafe ref struct SmallProduct
{
    private const int TileRows = 4;

    /// <summary>A: element (i, k) is <c>A[i · Row + k · Step]</c>.</summary>
    public float* A;

    /// <summary>From row to row of A.</summary>
    public int Row;

    /// <summary>From column to column of A.</summary>
    public int Step;

    /// <summary>B, rows <see cref="PitchB"/> apart.</summary>
    public float* B;

    /// <summary>From row to row of B.</summary>
    public int PitchB;

    /// <summary>C, rows <see cref="PitchC"/> apart.</summary>
    public float* C;

    /// <summary>From row to row of C.</summary>
    public int PitchC;

    /// <summary>Rows of A and C.</summary>
    public int M;

    /// <summary>Columns of B and C: a multiple of the elements of the widest vector.</summary>
    public int N;

    /// <summary>Columns of A and rows of B.</summary>
    public int K;

    /// <summary>Whether C is added to.</summary>
    public bool Accumulate;

    /// <summary>Computes.</summary>
    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int i = 0; i < M; i += TileRows)
        {
            int j = 0;
            if (M - i >= TileRows)
            {
                for (; j <= N - (2 * TLanes.Count); j += 2 * TLanes.Count)
                {
                    Tile<TLanes, TVector>(i, j);
                }
            }

            for (; j < N; j += TLanes.Count)
            {
                for (int row = i; row < Math.Min(M, i + TileRows); row++)
                {
                    Vector<TLanes, TVector>(row, j);
                }
            }
        }
    }

    /// <summary>Four rows of two vectors: eight sums, as many as hide the time of one, from two loads of B a step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Tile<TLanes, TVector>(int i, int j)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* c0 = C + ((long)i * PitchC) + j, c1 = c0 + PitchC, c2 = c1 + PitchC, c3 = c2 + PitchC;
        TVector s00, s01, s10, s11, s20, s21, s30, s31;
        if (Accumulate)
        {
            (s00, s01) = (TLanes.Load(c0), TLanes.Load(c0 + TLanes.Count));
            (s10, s11) = (TLanes.Load(c1), TLanes.Load(c1 + TLanes.Count));
            (s20, s21) = (TLanes.Load(c2), TLanes.Load(c2 + TLanes.Count));
            (s30, s31) = (TLanes.Load(c3), TLanes.Load(c3 + TLanes.Count));
        }
        else
        {
            s00 = s01 = s10 = s11 = s20 = s21 = s30 = s31 = TLanes.Broadcast(0);
        }

        float* a = A + ((long)i * Row);
        float* b = B + j;
        for (int k = 0; k < K; k++)
        {
            TVector b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Count);
            var x = TLanes.Broadcast(a[0]);
            s00 = TLanes.FusedMultiplyAdd(x, b0, s00);
            s01 = TLanes.FusedMultiplyAdd(x, b1, s01);
            x = TLanes.Broadcast(a[Row]);
            s10 = TLanes.FusedMultiplyAdd(x, b0, s10);
            s11 = TLanes.FusedMultiplyAdd(x, b1, s11);
            x = TLanes.Broadcast(a[2 * Row]);
            s20 = TLanes.FusedMultiplyAdd(x, b0, s20);
            s21 = TLanes.FusedMultiplyAdd(x, b1, s21);
            x = TLanes.Broadcast(a[3 * Row]);
            s30 = TLanes.FusedMultiplyAdd(x, b0, s30);
            s31 = TLanes.FusedMultiplyAdd(x, b1, s31);
            a += Step;
            b += PitchB;
        }

        TLanes.Store(s00, c0);
        TLanes.Store(s01, c0 + TLanes.Count);
        TLanes.Store(s10, c1);
        TLanes.Store(s11, c1 + TLanes.Count);
        TLanes.Store(s20, c2);
        TLanes.Store(s21, c2 + TLanes.Count);
        TLanes.Store(s30, c3);
        TLanes.Store(s31, c3 + TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Vector<TLanes, TVector>(int i, int j)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* c = C + ((long)i * PitchC) + j;
        var sum = Accumulate ? TLanes.Load(c) : TLanes.Broadcast(0);
        for (int k = 0; k < K; k++)
        {
            var x = TLanes.Broadcast(A[((long)i * Row) + ((long)k * Step)]);
            sum = TLanes.FusedMultiplyAdd(x, TLanes.Load(B + ((long)k * PitchB) + j), sum);
        }

        TLanes.Store(sum, c);
    }
}
