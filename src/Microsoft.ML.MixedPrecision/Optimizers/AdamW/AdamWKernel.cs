using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>
/// AdamW in Float32: g = clamp(gradient)·factor; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
/// w ← w − lr·(m̂/(√v̂ + ε) + λw) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ); shadow = w rounded. In form Plain w is read from the
/// shadow. Element by element: the same bits for every number of threads and every vector width. It does not look for NaN: the
/// finite check comes before.
/// </summary>
/// <remarks>I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019).</remarks>
internal static partial class AdamWKernel
{
    /// <summary>Updates weights and moments.</summary>
    /// <exception cref="ArgumentException">There are neither master nor shadow weights, or the shadow's format has 32 bits.</exception>
    public static unsafe void Run(CpuDevice device, in AdamWArguments arguments)
    {
        WeightStorage.Require(arguments.Master, arguments.Shadow, arguments.ShadowFormat);
        AdamWJob.Run(device, arguments);
    }
}
