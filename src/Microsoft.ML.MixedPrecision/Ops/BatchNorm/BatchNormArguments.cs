using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = γ·(x − µ)/√(σ² + ε) + β, mean and variance those of each column.</summary>
internal readonly record struct BatchNormArguments
{
    /// <summary>x: (N, C), any storage format, N at least 1.</summary>
    public required Tensor X { get; init; }

    /// <summary>γ: (1, C), Float32.</summary>
    public required Tensor Scale { get; init; }

    /// <summary>β: (1, C), Float32.</summary>
    public required Tensor Shift { get; init; }

    /// <summary>
    /// (<see cref="BatchNormKernel.StatisticsRows"/>, C), Float32: µ in two parts and 1/√(σ² + ε), written by forward; then Σ dy·x̂ and Σ
    /// dy, written
    /// by backward.
    /// </summary>
    public required Tensor Statistics { get; init; }

    /// <summary>y: (N, C), any storage format; written by forward, not read by backward. Padding is not touched.</summary>
    public Tensor Y { get; init; }
}

/// <summary>Where the running statistics of a batch normalisation lie.</summary>
/// <param name="Mean">Running mean.</param>
/// <param name="Variance">Running variance.</param>
/// <param name="Position">Address of the <see cref="StepPosition"/>: whether this is a step's first micro-batch. 0 where nothing
/// trains.</param>
internal readonly record struct BatchNormRunning(StateTensors Mean, StateTensors Variance, nint Position);

/// <summary>The gradients around a batch normalisation; those left out are not computed.</summary>
internal readonly record struct BatchNormGradients
{
    /// <summary>dy: (N, C), any storage format.</summary>
    public required Tensor Dy { get; init; }

    /// <summary>dx: (N, C), any storage format, apart from dy. Padding is not touched.</summary>
    public Tensor Dx { get; init; }

    /// <summary>dγ: (1, C), Float32; given together with <see cref="DShift"/>. Padding is not touched.</summary>
    public Tensor DScale { get; init; }

    /// <summary>dβ: (1, C), Float32. Padding is not touched.</summary>
    public Tensor DShift { get; init; }

    /// <summary>Adds to dγ and dβ instead of overwriting them.</summary>
    public bool Accumulate { get; init; }
}
