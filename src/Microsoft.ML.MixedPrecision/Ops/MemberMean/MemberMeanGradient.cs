using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Tensors of a <see cref="MemberMeanKernel"/>'s backward pass for one of the values that forward has read. N examples, C columns,
/// m members of the value, M of all.</summary>
internal readonly record struct MemberMeanGradient
{
    /// <summary>z: (N · m, C) Float32; not read for <see cref="MemberMeanKind.Mean"/>.</summary>
    public Tensor Z { get; init; }

    /// <summary>What forward has kept; not read for <see cref="MemberMeanKind.Mean"/>.</summary>
    public Tensor Sums { get; init; }

    /// <summary>o: (N, C) Float32; read for <see cref="MemberMeanKind.LogMeanSoftmax"/> alone.</summary>
    public Tensor O { get; init; }

    /// <summary>do: (N, C) Float32.</summary>
    public Tensor DO { get; init; }

    /// <summary>dz: (N · m, C), any storage format. Padding is not touched.</summary>
    public Tensor DZ { get; init; }

    /// <summary>Members of the values before.</summary>
    public int First { get; init; }

    /// <summary>M.</summary>
    public int Members { get; init; }
}
