using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = act(γ·(x − µ)/√(σ² + ε) + β).</summary>
internal readonly record struct LayerNormArguments
{
    /// <summary>x: (N, C), any storage format.</summary>
    public required Tensor X { get; init; }

    /// <summary>γ: (1, C), Float32.</summary>
    public required Tensor Scale { get; init; }

    /// <summary>β: (1, C), Float32.</summary>
    public required Tensor Shift { get; init; }

    /// <summary>act.</summary>
    public ActivationKind Activation { get; init; }

    /// <summary>ε, above 0; read by forward alone, which keeps what it makes of it.</summary>
    public required float Epsilon { get; init; }

    /// <summary>
    /// (N, <see cref="LayerNormKernel.StatisticsColumns"/>), Float32: µ in two parts and 1/√(σ² + ε) of each row. Forward writes it where
    /// it is
    /// given, backward reads it.
    /// </summary>
    public Tensor Statistics { get; init; }

    /// <summary>y: (N, C), any storage format; written by forward, not read by backward. Padding is not touched.</summary>
    public Tensor Y { get; init; }
}
