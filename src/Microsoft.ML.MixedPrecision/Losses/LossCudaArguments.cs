using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>Arguments of a <see cref="Loss"/> on a graphics card: all addresses are the card's. N rows, C outputs.</summary>
internal readonly unsafe struct LossCudaArguments
{
    /// <summary>A loss that counts once; set what differs.</summary>
    public LossCudaArguments()
    {
    }

    /// <summary>x: (N, C) Float32.</summary>
    public Tensor Logits { get; init; }

    /// <summary>The targets, dense: N classes (Int32), where another number than 0 … C − 1 makes loss and gradient NaN, or (N, C) values
    /// (Float32).</summary>
    public void* Targets { get; init; }

    /// <summary>N weights wᵢ, or null: all 1.</summary>
    public float* Weights { get; init; }

    /// <summary>The loss scale.</summary>
    public float* Scale { get; init; }

    /// <summary>Labelled positions of the whole step.</summary>
    public int* Divisor { get; init; }

    /// <summary>Working memory: <see cref="Loss.CudaScratchBytes"/>.</summary>
    public nint Scratch { get; init; }

    /// <summary>Receives f·Σ wᵢ·ℓᵢ ÷ divisor, added to what is there.</summary>
    public double* Loss { get; init; }

    /// <summary>Where −1 stands, receives −3 if a logit and −2 if the loss is not finite; or null.</summary>
    public int* FirstNonFinite { get; init; }

    /// <summary>Receives the number of right answers, as the loss counts them; or null.</summary>
    public int* Correct { get; init; }

    /// <summary>Whether a weight of 0 marks a padded position, whose answer is not counted.</summary>
    public bool IsPadded { get; init; }

    /// <summary>Rows of x that follow one another and have one target and one weight, of which there are N ÷ this then.</summary>
    public int Members { get; init; } = 1;

    /// <summary>f: what the loss counts beside other losses of the step.</summary>
    public float Factor { get; init; } = 1;

    /// <summary>What stands for f in the gradient.</summary>
    public float GradientFactor { get; init; } = 1;

    /// <summary>dx: (N, C), any storage format: receives ∂ℓᵢ/∂xᵢⱼ·(wᵢ·scale·f/divisor); or default.</summary>
    public Tensor Gradient { get; init; }
}
