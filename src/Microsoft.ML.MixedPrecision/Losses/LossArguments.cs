using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>Arguments of a <see cref="Loss"/> on the CPU. N rows, C outputs.</summary>
internal readonly unsafe struct LossArguments
{
    /// <summary>A loss of unweighted rows with scale 1; set what differs.</summary>
    public LossArguments()
    {
    }

    /// <summary>x: (N, C) Float32.</summary>
    public Tensor Logits { get; init; }

    /// <summary>The targets, dense: N classes (Int32), 0 … C − 1, or (N, C) values (Float32), as <see cref="Loss.TargetKind"/>
    /// says.</summary>
    public void* Targets { get; init; }

    /// <summary>N weights wᵢ, or null: all 1.</summary>
    public float* Weights { get; init; }

    /// <summary>Receives f·Σ wᵢ·ℓᵢ ÷ divisor; or null.</summary>
    public double* LossSum { get; init; }

    /// <summary>Receives the number of right answers, as the loss counts them; or null.</summary>
    public int* Correct { get; init; }

    /// <summary>Whether a weight of 0 marks a padded position, whose answer is not counted.</summary>
    public bool IsPadded { get; init; }

    /// <summary>Rows of x that follow one another and have one target and one weight, of which there are N ÷ this then.</summary>
    public int Members { get; init; } = 1;

    /// <summary>Labelled positions of the whole step: all micro-batches.</summary>
    public float Divisor { get; init; } = 1;

    /// <summary>f: what the loss counts beside other losses of the step.</summary>
    public float Factor { get; init; } = 1;

    /// <summary>What stands for f in the gradient.</summary>
    public float GradientFactor { get; init; } = 1;

    /// <summary>Loss scale: multiplies the gradient, in Float32, before it is rounded.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>dx: (N, C), any storage format: receives ∂ℓᵢ/∂xᵢⱼ·wᵢ·f/divisor·scale; or default. Padding is not touched.</summary>
    public Tensor Gradient { get; init; }
}
