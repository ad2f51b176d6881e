namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>Arguments of <see cref="AdamWKernel"/>: a range of elements and the numbers of one step.</summary>
internal readonly unsafe struct AdamWArguments
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

    /// <summary>m: Float32, zero before the first step.</summary>
    public float* First { get; init; }

    /// <summary>v: Float32, zero before the first step.</summary>
    public float* Second { get; init; }

    /// <summary>Clipping coefficient ÷ loss scale: turns the scaled gradient into the true one.</summary>
    public float Factor { get; init; }

    /// <summary>Bound of |scaled gradient|, or 0 for none.</summary>
    public float ValueLimit { get; init; }

    /// <summary>lr.</summary>
    public float LearningRate { get; init; }

    /// <summary>β₁.</summary>
    public float Beta1 { get; init; }

    /// <summary>β₂.</summary>
    public float Beta2 { get; init; }

    /// <summary>ε &gt; 0.</summary>
    public float Epsilon { get; init; }

    /// <summary>λ, decoupled; 0 for none.</summary>
    public float WeightDecay { get; init; }

    /// <summary>1 − β₁ᵗ.</summary>
    public float BiasCorrection1 { get; init; }

    /// <summary>1 − β₂ᵗ.</summary>
    public float BiasCorrection2 { get; init; }

    /// <summary>Whether 32 neighbouring elements, from the first on, stay as they are, moments too, where all their gradients are
    /// 0.</summary>
    public bool IsLazy { get; init; }

    /// <summary>Increased by the number of elements whose non-zero update left the stored weight unchanged (form Plain only); or
    /// null.</summary>
    public long* Lost { get; init; }
}
