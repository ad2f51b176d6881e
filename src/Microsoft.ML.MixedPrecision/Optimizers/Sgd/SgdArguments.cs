namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>Arguments of <see cref="SgdKernel"/>: a range of elements and the numbers of one step.</summary>
internal readonly unsafe struct SgdArguments
{
    /// <summary>Number of elements; 0 is allowed.</summary>
    public long Count { get; init; }

    /// <summary>Float32, scaled.</summary>
    public float* Gradient { get; init; }

    /// <summary>Float32 weights; null in form Plain with 16-bit weights.</summary>
    public float* Master { get; init; }

    /// <summary>16-bit weights, or null where the format has 32 bits.</summary>
    public ushort* Shadow { get; init; }

    /// <summary>Float16 or BFloat16, where there is a shadow.</summary>
    public NumericFormat ShadowFormat { get; init; }

    /// <summary>buf: Float32, zero before the first step; null where <see cref="Momentum"/> is 0.</summary>
    public float* Velocity { get; init; }

    /// <summary>Clipping coefficient ÷ loss scale: turns the scaled gradient into the true one.</summary>
    public float Factor { get; init; }

    /// <summary>Bound of |scaled gradient|, or 0 for none.</summary>
    public float ValueLimit { get; init; }

    /// <summary>lr.</summary>
    public float LearningRate { get; init; }

    /// <summary>µ; 0 for none.</summary>
    public float Momentum { get; init; }

    /// <summary>Whether the step looks ahead along the velocity.</summary>
    public bool Nesterov { get; init; }

    /// <summary>λ of the L2 penalty added to the gradient; 0 for none.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Increased by the number of elements whose non-zero update left the stored weight unchanged (form Plain only); or
    /// null.</summary>
    public long* Lost { get; init; }
}
