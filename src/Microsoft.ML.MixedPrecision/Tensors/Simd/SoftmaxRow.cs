using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>The parts of a softmax over one row of Float32, with one vector type.</summary>
internal static unsafe class SoftmaxRow<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>maxⱼ xⱼ of at least one element. A NaN is kept or passed over; the exponentials show it either way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Largest(float* x, int count)
    {
        float largest = x[0];
        int i = 0;
        if (count >= TLanes.Count)
        {
            var vector = TLanes.Load(x);
            for (i = TLanes.Count; i <= count - TLanes.Count; i += TLanes.Count)
            {
                vector = VectorMath<TLanes, TVector>.AtLeast(vector, TLanes.Load(x + i));
            }

            largest = VectorMath<TLanes, TVector>.Largest(vector);
        }
        for (; i < count; i++)
        {
            largest = x[i] > largest ? x[i] : largest;
        }

        return largest;
    }

    /// <summary>e[j] = e^(x[j] − shift); returns their sum. e may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials(float* x, float shift, float* e, int count)
    {
        float sum = 0;
        int i = 0;
        if (count >= TLanes.Count)
        {
            var sums = TLanes.Broadcast(0f);
            var shifts = TLanes.Broadcast(shift);
            for (; i <= count - TLanes.Count; i += TLanes.Count)
            {
                var exponential = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(x + i), shifts));
                TLanes.Store(exponential, e + i);
                sums = TLanes.Add(sums, exponential);
            }
            sum = VectorMath<TLanes, TVector>.Sum(sums);
        }
        for (; i < count; i++)
        {
            e[i] = VectorMath<LanesPortable, float>.Exp(x[i] - shift);
            sum += e[i];
        }
        return sum;
    }

    /// <summary>y[j] = e[j]/sum; y may be e.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Divide(float* e, float sum, float* y, int count)
    {
        var sums = TLanes.Broadcast(sum);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Divide(TLanes.Load(e + i), sums), y + i);
        }

        for (; i < count; i++)
        {
            y[i] = e[i] / sum;
        }
    }

    /// <summary>y[j] = y[j]·factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* y, float factor, int count)
    {
        var factors = TLanes.Broadcast(factor);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Load(y + i), factors), y + i);
        }

        for (; i < count; i++)
        {
            y[i] *= factor;
        }
    }

    /// <summary>Σⱼ (x[j] − shift).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float ShiftedSum(float* x, float shift, int count)
    {
        float sum = 0;
        int i = 0;
        if (count >= TLanes.Count)
        {
            var sums = TLanes.Broadcast(0f);
            var shifts = TLanes.Broadcast(shift);
            for (; i <= count - TLanes.Count; i += TLanes.Count)
            {
                sums = TLanes.Add(sums, TLanes.Subtract(TLanes.Load(x + i), shifts));
            }

            sum = VectorMath<TLanes, TVector>.Sum(sums);
        }
        for (; i < count; i++)
        {
            sum += x[i] - shift;
        }

        return sum;
    }

    /// <summary>y[j] = y[j] − amount.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(float* y, float amount, int count)
    {
        var amounts = TLanes.Broadcast(amount);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Subtract(TLanes.Load(y + i), amounts), y + i);
        }

        for (; i < count; i++)
        {
            y[i] -= amount;
        }
    }
}
