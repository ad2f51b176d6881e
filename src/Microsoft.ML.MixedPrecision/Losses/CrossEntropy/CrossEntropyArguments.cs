using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>Arguments of <see cref="CrossEntropyKernel"/>. N rows, C classes.</summary>
internal readonly unsafe struct CrossEntropyArguments
{
    /// <summary>A loss of unweighted rows with scale 1; set what differs.</summary>
    public CrossEntropyArguments()
    {
    }

    /// <summary>x: (N, C) Float32.</summary>
    public Tensor Logits { get; init; }

    /// <summary>N classes, 0 … C − 1.</summary>
    public int* Labels { get; init; }

    /// <summary>N weights wᵢ, or null: all 1.</summary>
    public float* Weights { get; init; }

    /// <summary>Receives N losses ℓᵢ, not weighted; or null.</summary>
    public float* LossPerRow { get; init; }

    /// <summary>Receives Σ wᵢ·ℓᵢ ÷ divisor; or null.</summary>
    public double* LossSum { get; init; }

    /// <summary>Receives the number of rows whose first largest logit is the label's; or null.</summary>
    public int* Correct { get; init; }

    /// <summary>Rows of the whole step: all micro-batches.</summary>
    public float Divisor { get; init; } = 1;

    /// <summary>Loss scale: multiplies the gradient, in Float32, before it is rounded.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>dx: (N, C), any storage format: receives (softmax − onehot)·wᵢ/divisor·scale; or default. Padding is not touched.</summary>
    public Tensor Gradient { get; init; }
}
