using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>
/// What training makes small: L = f·Σᵢ wᵢ·ℓᵢ ÷ D, from the network's Float32 outputs x and the rows' targets, in Float32, sums in Float64
/// in a fixed order. D is the number of labelled positions of the step, never Σw; f is what the loss counts beside others. Its gradient
/// ∂ℓᵢ/∂xᵢⱼ·wᵢ·f/D·scale is rounded once, when stored. The kernels stand here; <see cref="LossOp"/> runs them in a plan.
/// </summary>
internal abstract class Loss
{
    /// <summary>Name for people.</summary>
    public abstract string Name { get; }

    /// <summary>What a row's target is.</summary>
    public abstract TargetKind TargetKind { get; }

    /// <summary>Whether answers can be counted as right or wrong.</summary>
    public abstract bool CountsCorrect { get; }

    /// <summary>The loss that validation measures: without what only helps to train.</summary>
    public virtual Loss ForValidation => this;

    /// <summary>Words of 4 bytes that a row's target takes.</summary>
    /// <param name="outputs">C.</param>
    /// <exception cref="ArgumentOutOfRangeException">The kind of target is not known.</exception>
    public int TargetWords(int outputs) => TargetKind switch
    {
        TargetKind.Class => 1,
        TargetKind.Values => outputs,
        _ => throw UnknownValue.Of(TargetKind),
    };

    /// <summary>Computes what the arguments ask for.</summary>
    /// <exception cref="ArgumentException">The tensors do not fit.</exception>
    public abstract void Run(CpuDevice device, in LossArguments arguments);

    /// <summary>Adds loss and gradient to a card's work.</summary>
    /// <exception cref="ArgumentException">The tensors do not fit.</exception>
    public abstract void Run(CudaDevice device, in LossCudaArguments arguments);

    /// <summary>Bytes of working memory that a card needs.</summary>
    /// <param name="rows">N.</param>
    /// <param name="outputs">C.</param>
    public abstract long CudaScratchBytes(int rows, int outputs);

    /// <summary>Bytes of working memory that a thread of the CPU needs.</summary>
    /// <param name="rows">N.</param>
    /// <param name="outputs">C.</param>
    public abstract long CpuScratchBytes(int rows, int outputs);

    /// <summary>Checks the shapes that every loss demands.</summary>
    /// <param name="logits">(N, C) Float32.</param>
    /// <param name="gradient">(N, C), or default.</param>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    protected internal static void RequireShape(in Tensor logits, in Tensor gradient)
    {
        if (logits.Format.Storage() != NumericFormat.Float32)
        {
            throw new ArgumentException($"The logits are {logits.Format}; the loss reads Float32. Cast them first.");
        }

        if (gradient.Address != 0 && (gradient.Rows != logits.Rows || gradient.Columns != logits.Columns))
        {
            throw new ArgumentException($"Gradient is ({gradient.Rows}, {gradient.Columns}); ({logits.Rows}, {logits.Columns}) is needed.");
        }
    }
}
