using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>
/// Softmax cross-entropy of integer labels, from logits, in Float32: with m = maxⱼ xᵢⱼ, sᵢ = Σⱼ e^(xᵢⱼ − m) and the target
/// tᵢⱼ = (1 − ε)·[j = label] + ε/C, ℓᵢ = ln sᵢ − Σⱼ tᵢⱼ(xᵢⱼ − m), dxᵢⱼ = (e^(xᵢⱼ − m)/sᵢ − tᵢⱼ)·wᵢ/divisor·scale, rounded once when stored.
/// ε smooths labels (Szegedy et al., "Rethinking the Inception architecture", 2016, section 7); 0 is the plain loss.
/// A NaN or +∞ among a row's logits makes its loss and gradient NaN. Sums are taken in a fixed order. Where labels are keys, from 1, a row
/// of label 0 has ℓᵢ = 0 and dxᵢⱼ = 0 and counts as no answer.
/// </summary>
internal static partial class CrossEntropyKernel
{
    /// <summary>Computes what <paramref name="arguments"/> ask for.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors and factors.</param>
    /// <param name="rule">ε, and how labels are read.</param>
    /// <exception cref="ArgumentException">The tensors do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class; nothing is said about the outputs then.</exception>
    public static unsafe void Run(CpuDevice device, in LossArguments arguments, CrossEntropyRule rule = default)
    {
        var logits = arguments.Logits;
        Loss.RequireShape(logits, arguments.Gradient);
        if (arguments.Targets == null && logits.Rows > 0)
        {
            throw new ArgumentException("Labels are missing.");
        }

        CrossEntropyJob.Run(device, arguments, rule);
    }
}
