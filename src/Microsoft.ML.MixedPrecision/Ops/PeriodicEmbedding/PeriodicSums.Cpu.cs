using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Sums over rows for one number of a periodic embedding: of each <see cref="PeriodicKernel.RowLanes"/>, one for every 16th
/// row.</summary>
internal static unsafe class PeriodicSums
{
    /// <summary>First of the sums of g·x; those for V come before.</summary>
    public const int Frequency = PeriodicParameters.Sums * PeriodicParameters.Waves;

    /// <summary>First of the sums of g.</summary>
    public const int Phase = Frequency + PeriodicParameters.Waves;

    /// <summary>First of the sums of dy.</summary>
    public const int Bias = Phase + PeriodicParameters.Waves;

    /// <summary>Float32 numbers of all sums.</summary>
    public const int Elements = (Bias + PeriodicParameters.Sums) * PeriodicKernel.RowLanes;

    /// <summary>Adds products of neighbouring rows.</summary>
    /// <param name="sums">All sums.</param>
    /// <param name="number">Which of them.</param>
    /// <param name="lane">Number of the first row modulo 16.</param>
    /// <param name="a">A factor.</param>
    /// <param name="b">The other.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TLanes, TVector>(float* sums, int number, int lane, TVector a, TVector b)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* at = sums + (number * PeriodicKernel.RowLanes) + lane;
        TLanes.Store(TLanes.FusedMultiplyAdd(a, b, TLanes.Load(at)), at);
    }

    /// <summary>Writes the gradients of a number's parameters.</summary>
    public static void Store(float* sums, in PeriodicGradients gradients, int feature)
    {
        for (int j = 0; j < Frequency; j++)
        {
            Store(gradients, gradients.Weights, feature, j, Total(sums, j));
        }

        for (int j = 0; j < PeriodicParameters.Waves; j++)
        {
            Store(gradients, gradients.Frequencies, feature, j, Total(sums, Frequency + j) * PeriodicKernel.RadiansPerTurn);
            Store(gradients, gradients.Phases, feature, j, Total(sums, Phase + j));
        }

        for (int k = 0; k < PeriodicParameters.Sums; k++)
        {
            Store(gradients, gradients.Biases, feature, k, Total(sums, Bias + k));
        }
    }

    private static void Store(in PeriodicGradients gradients, in Tensor to, int row, int column, float value)
    {
        float* at = (float*)to.Row(row) + column;
        *at = gradients.Accumulate ? value + *at : value;
    }

    private static float Total(float* sums, int number)
    {
        float total = 0;
        for (int i = 0; i < PeriodicKernel.RowLanes; i++)
        {
            total += sums[(number * PeriodicKernel.RowLanes) + i];
        }

        return total;
    }
}
