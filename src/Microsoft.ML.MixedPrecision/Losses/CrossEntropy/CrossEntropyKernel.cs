using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>
/// Softmax cross-entropy of integer labels, from logits, in Float32: with m = maxⱼ xᵢⱼ and sᵢ = Σⱼ e^(xᵢⱼ − m),
/// ℓᵢ = ln sᵢ − (xᵢ,label − m), dxᵢⱼ = (e^(xᵢⱼ − m)/sᵢ − [j = label])·wᵢ/divisor·scale, rounded once when stored.
/// A NaN or +∞ among a row's logits makes its loss and gradient NaN. Sums are taken in a fixed order.
/// </summary>
internal static partial class CrossEntropyKernel
{
    /// <summary>Computes what <paramref name="arguments"/> ask for.</summary>
    /// <exception cref="ArgumentException">The tensors do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class; nothing is said about the outputs then.</exception>
    public static unsafe void Run(CpuDevice device, in CrossEntropyArguments arguments)
    {
        var logits = arguments.Logits;
        var gradient = arguments.Gradient;
        RequireShape(logits, gradient);
        if (arguments.Labels == null && logits.Rows > 0)
            throw new ArgumentException("Labels are missing.");
        CrossEntropyJob.Run(device, arguments);
    }

    private static void RequireShape(in Tensor logits, in Tensor gradient)
    {
        if (logits.Format.Storage() != NumericFormat.Float32)
            throw new ArgumentException($"The logits are {logits.Format}; the loss reads Float32. Cast them first.");
        if (gradient.Address != 0 && (gradient.Rows != logits.Rows || gradient.Columns != logits.Columns))
            throw new ArgumentException($"Gradient is ({gradient.Rows}, {gradient.Columns}); ({logits.Rows}, {logits.Columns}) is needed.");
    }
}
