using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The gradients around a layer normalisation; those left out are not computed.</summary>
internal readonly record struct LayerNormGradients
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
