using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Means over M members, in Float32; members are added in their order, values in theirs. With lᵢ = ln Σⱼ e^zᵢⱼ and t = z − l:
/// <code>
/// Mean              o = Σᵢ zᵢ ÷ M                                 dzᵢ = do ÷ M
/// LogMeanSoftmax    o = T + ln Σᵢ e^(tᵢ − T) − ln M, T = maxᵢ tᵢ    dzᵢⱼ = gᵢⱼ − e^tᵢⱼ·Σⱼ gᵢⱼ, gᵢⱼ = doⱼ·e^(tᵢⱼ − oⱼ − ln M)
/// LogitMeanSigmoid  o = a − b, a = ln Σᵢ σ(zᵢ), b = ln Σᵢ σ(−zᵢ)     dzᵢ = do·σ(zᵢ)·σ(−zᵢ)·(e^−a + e^−b)
/// </code>
/// where σ(z) = e^min(z, 0)/(1 + e^−|z|), and the largest exponent is taken out of a sum of such: nothing over- or underflows, however
/// large |z| is, so that members who are sure give finite results. A NaN among an example's members, or a logit of ±∞, makes what depends
/// on it NaN.
/// </summary>
internal static partial class MemberMeanKernel
{
    /// <summary>The most values that one mean reads.</summary>
    public const int MostValues = 128;

    /// <summary>Numbers that forward keeps of an example: each member's l, or each column's a, then each one's b.</summary>
    /// <param name="kind">What is averaged.</param>
    /// <param name="members">M.</param>
    /// <param name="columns">C.</param>
    /// <exception cref="ArgumentOutOfRangeException">The kind is not known.</exception>
    public static int SumsOf(MemberMeanKind kind, int members, int columns) => kind switch
    {
        MemberMeanKind.Mean => 0,
        MemberMeanKind.LogMeanSoftmax => members,
        MemberMeanKind.LogitMeanSigmoid => checked(2 * columns),
        _ => throw UnknownValue.Of(kind),
    };

    /// <summary>o, and what backward reads.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">What is averaged.</param>
    /// <param name="values">z: each (N · its members, C) Float32, at most <see cref="MostValues"/>.</param>
    /// <param name="sums">(N, <see cref="SumsOf"/>) Float32; default where that is 0.</param>
    /// <param name="o">(N, C) Float32. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a tensor is not Float32.</exception>
    public static void Forward(Device device, MemberMeanKind kind, ReadOnlySpan<Tensor> values, Tensor sums, Tensor o)
    {
        int members = 0;
        foreach (ref readonly Tensor z in values)
        {
            members += o.Rows == 0 ? 0 : RequireMembers(z, o);
        }

        if (o.Rows == 0)
        {
            return;
        }

        RequireSums(kind, sums, (o.Rows, SumsOf(kind, members, o.Columns)));
        if (device is CudaDevice cuda)
        {
            Forward(cuda, kind, values, sums, o);
        }
        else
        {
            MemberMeanForwardJob.Run((CpuDevice)device, kind, values, sums, o);
        }
    }

    /// <summary>dz of one of the values.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">What is averaged.</param>
    /// <param name="gradient">Tensors.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a tensor that must be Float32 is not.</exception>
    public static void Backward(Device device, MemberMeanKind kind, in MemberMeanGradient gradient)
    {
        if (gradient.DO.Rows == 0)
        {
            return;
        }

        RequireMembers(gradient.DZ.As(NumericFormat.Float32), gradient.DO);
        if (kind != MemberMeanKind.Mean)
        {
            RequireMembers(gradient.Z, gradient.DO);
            RequireSums(kind, gradient.Sums, (gradient.DO.Rows, SumsOf(kind, gradient.Members, gradient.DO.Columns)));
        }

        if (device is CudaDevice cuda)
        {
            Backward(cuda, kind, gradient);
        }
        else
        {
            MemberMeanBackwardJob.Run((CpuDevice)device, kind, gradient);
        }
    }

    /// <summary>Members of an example in a value.</summary>
    private static int RequireMembers(in Tensor z, in Tensor o)
    {
        if (z.Format.Storage() != NumericFormat.Float32 || o.Format.Storage() != NumericFormat.Float32)
        {
            throw new ArgumentException($"The members are {z.Format}, their mean {o.Format}; both must be Float32.");
        }

        return z.Rows > 0 && z.Rows % o.Rows == 0 && z.Columns == o.Columns
            ? z.Rows / o.Rows
            : throw new ArgumentException(
                $"Members of ({z.Rows}, {z.Columns}) have no mean of ({o.Rows}, {o.Columns}); whole rows of each example are needed.");
    }

    private static void RequireSums(MemberMeanKind kind, in Tensor sums, (int Rows, int Columns) shape)
    {
        if (kind != MemberMeanKind.Mean && ((sums.Rows, sums.Columns) != shape || sums.Format != NumericFormat.Float32))
        {
            throw new ArgumentException(
                $"The sums are ({sums.Rows}, {sums.Columns}) {sums.Format}; ({shape.Rows}, {shape.Columns}) Float32 is needed.",
                nameof(sums));
        }
    }
}
