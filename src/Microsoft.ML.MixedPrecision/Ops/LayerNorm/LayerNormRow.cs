using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The parts of a layer normalisation over a run of Float32 elements, with one vector type.</summary>
/// <remarks>Sums are made of 16 partial ones, element i going to the (i mod 16)th, whatever the vector width.</remarks>
internal static unsafe class LayerNormRow<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int Partials = 16;

    /// <summary>Σ a[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Sum(float* a, int count)
    {
        var sums = stackalloc float[Partials];
        int whole = count - (count % Partials);
        for (int partial = 0; partial < Partials; partial += TLanes.Count)
        {
            var sum = TLanes.Broadcast(0f);
            for (int i = partial; i < whole; i += Partials)
            {
                sum = TLanes.Add(sum, TLanes.Load(a + i));
            }

            TLanes.Store(sum, sums + partial);
        }
        for (int i = whole; i < count; i++)
        {
            sums[i - whole] += a[i];
        }

        return Total(sums);
    }

    /// <summary>Σ a[i]·b[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int count)
    {
        var sums = stackalloc float[Partials];
        int whole = count - (count % Partials);
        for (int partial = 0; partial < Partials; partial += TLanes.Count)
        {
            var sum = TLanes.Broadcast(0f);
            for (int i = partial; i < whole; i += Partials)
            {
                sum = TLanes.FusedMultiplyAdd(TLanes.Load(a + i), TLanes.Load(b + i), sum);
            }

            TLanes.Store(sum, sums + partial);
        }
        for (int i = whole; i < count; i++)
        {
            sums[i - whole] = MathF.FusedMultiplyAdd(a[i], b[i], sums[i - whole]);
        }

        return Total(sums);
    }

    /// <summary>a[i] = a[i] − b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(float* a, float b, int count)
    {
        var all = TLanes.Broadcast(b);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Subtract(TLanes.Load(a + i), all), a + i);
        }

        for (; i < count; i++)
        {
            a[i] -= b;
        }
    }

    /// <summary>d[i] = (d[i] − rest)·r: from x − µ₀ to x̂.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(float* d, float rest, float r, int count)
    {
        var (rests, rs) = (TLanes.Broadcast(rest), TLanes.Broadcast(r));
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Subtract(TLanes.Load(d + i), rests), rs), d + i);
        }

        for (; i < count; i++)
        {
            d[i] = (d[i] - rest) * r;
        }
    }

    /// <summary>n[i] = scale[i]·x̂[i] + shift[i]; n may be x̂.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleAndShift(float* normalized, float* scale, float* shift, float* n, int count)
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Load(scale + i), TLanes.Load(normalized + i), TLanes.Load(shift + i)), n + i);
        }

        for (; i < count; i++)
        {
            n[i] = MathF.FusedMultiplyAdd(scale[i], normalized[i], shift[i]);
        }
    }

    /// <summary>a[i] = a[i]·b[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, float* b, int count)
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Load(a + i), TLanes.Load(b + i)), a + i);
        }

        for (; i < count; i++)
        {
            a[i] *= b[i];
        }
    }

    /// <summary>sums[i] = sums[i] + a[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* sums, float* a, int count)
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Add(TLanes.Load(sums + i), TLanes.Load(a + i)), sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] += a[i];
        }
    }

    /// <summary>sums[i] = sums[i] + a[i]·b[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddProducts(float* sums, float* a, float* b, int count)
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Load(a + i), TLanes.Load(b + i), TLanes.Load(sums + i)), sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] = MathF.FusedMultiplyAdd(a[i], b[i], sums[i]);
        }
    }

    /// <summary>g[i] = (g[i] − mean − x̂[i]·slope)·r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InputGradient(float* g, float* normalized, float mean, float slope, float r, int count)
    {
        var (means, slopes, rs) = (TLanes.Broadcast(mean), TLanes.Broadcast(-slope), TLanes.Broadcast(r));
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var rest = TLanes.FusedMultiplyAdd(TLanes.Load(normalized + i), slopes, TLanes.Subtract(TLanes.Load(g + i), means));
            TLanes.Store(TLanes.Multiply(rest, rs), g + i);
        }
        for (; i < count; i++)
        {
            g[i] = MathF.FusedMultiplyAdd(normalized[i], -slope, g[i] - mean) * r;
        }
    }

    /// <summary>The partial sums in pairs.</summary>
    private static float Total(float* sums)
    {
        for (int half = Partials / 2; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++)
            {
                sums[i] += sums[i + half];
            }
        }
        return sums[0];
    }
}
