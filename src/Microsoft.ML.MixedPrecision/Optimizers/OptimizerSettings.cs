using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>An optimizer and its constants; the learning rate comes with each step.</summary>
/// <param name="Kind">Which.</param>
/// <param name="WeightDecay">Decay of weights, not of biases: decoupled in AdamW, added to the gradient in SGD.</param>
/// <param name="Beta1">AdamW: decay of the first moment.</param>
/// <param name="Beta2">AdamW: decay of the second moment.</param>
/// <param name="Epsilon">AdamW: added to the root of the second moment, in Float32.</param>
/// <param name="Momentum">SGD: decay of the velocity; 0 for none.</param>
/// <param name="Nesterov">SGD: look ahead along the velocity.</param>
internal sealed record OptimizerSettings(
    OptimizerKind Kind,
    float WeightDecay,
    float Beta1,
    float Beta2,
    float Epsilon,
    float Momentum,
    bool Nesterov)
{
    /// <summary>Moments kept for each weight.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The optimizer is not known.</exception>
    public int Moments => Kind switch
    {
        OptimizerKind.AdamW => 2,
        OptimizerKind.Sgd => Momentum == 0 ? 0 : 1,
        _ => throw UnknownValue.Of(Kind),
    };

    /// <summary>
    /// The largest norm, after clipping, of a gradient that is applied. AdamW squares its elements in Float32: from 2⁶⁴ on the second
    /// moment would be infinite for good,
    /// and m̂/(√v̂ + ε) be 0, so that weights stop to learn without a sign. The largest number below.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The optimizer is not known.</exception>
    public float LargestNorm => Kind switch
    {
        OptimizerKind.AdamW => MathF.BitDecrement(MathF.ScaleB(1f, 64)),
        OptimizerKind.Sgd => float.MaxValue,
        _ => throw UnknownValue.Of(Kind),
    };
}
