using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>
/// A loss of each output by itself: ℓᵢ = Σⱼ ℓ(xᵢⱼ, yᵢⱼ) ÷ C, so dxᵢⱼ = ∂ℓ(xᵢⱼ, yᵢⱼ)/∂x·wᵢ·scale/(divisor·C), rounded once when stored.
/// x: (N, C) Float32; y: (N, C) Float32, dense. Right answers are counted output by output.
/// </summary>
/// <typeparam name="TFormula">ℓ.</typeparam>
/// <param name="formula">ℓ with its constants, for the CPU.</param>
/// <param name="source">File of the kernel for a card.</param>
/// <param name="parameter">The formula's constant, for the kernel.</param>
internal abstract partial class PointwiseLoss<TFormula>(TFormula formula, string source, float parameter) : Loss
    where TFormula : struct, IPointwiseFormula
{
    /// <summary>The formula's constant.</summary>
    protected float Parameter => parameter;

    /// <inheritdoc/>
    public override TargetKind TargetKind => TargetKind.Values;

    /// <inheritdoc/>
    public override long CpuScratchBytes(int rows, int outputs) => PointwiseJob<TFormula>.ScratchBytes(rows, outputs);

    /// <inheritdoc/>
    public override unsafe void Run(CpuDevice device, in LossArguments arguments)
    {
        RequireShape(arguments.Logits, arguments.Gradient);
        if (arguments.Targets == null && arguments.Logits.Rows > 0)
        {
            throw new ArgumentException("Targets are missing.");
        }

        PointwiseJob<TFormula>.Run(device, formula, arguments);
    }
}
