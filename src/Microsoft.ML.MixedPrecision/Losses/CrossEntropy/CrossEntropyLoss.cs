using System.Globalization;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>Softmax cross-entropy of classes with label smoothing; see <see cref="CrossEntropyKernel"/>. A right answer is a row whose
/// first largest logit is the label's.</summary>
/// <param name="smoothing">Share ε of the target that all C classes get alike: (1 − ε)·onehot + ε/C; from 0 to below 1.</param>
/// <param name="areKeys">Whether targets are keys: the classes from 1 to C, and 0 for a row that has none, which gives neither loss nor
/// gradient nor answer.</param>
internal sealed class CrossEntropyLoss(float smoothing = 0, bool areKeys = false) : Loss
{
    private readonly CrossEntropyRule _rule = new(smoothing, areKeys);

    /// <inheritdoc/>
    public override string Name
        => smoothing == 0
            ? "softmax cross-entropy"
            : string.Create(CultureInfo.InvariantCulture, $"softmax cross-entropy, labels smoothed by {smoothing}");

    /// <inheritdoc/>
    public override TargetKind TargetKind => TargetKind.Class;

    /// <inheritdoc/>
    public override bool CountsCorrect => true;

    /// <inheritdoc/>
    public override Loss ForValidation => smoothing == 0 ? this : new CrossEntropyLoss(areKeys: areKeys);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class; nothing is said about the outputs then.</exception>
    public override void Run(CpuDevice device, in LossArguments arguments) => CrossEntropyKernel.Run(device, arguments, _rule);

    /// <inheritdoc/>
    public override void Run(CudaDevice device, in LossCudaArguments arguments) => CrossEntropyKernel.Run(device, arguments, _rule);

    /// <inheritdoc/>
    public override long CudaScratchBytes(int rows, int outputs) => CrossEntropyKernel.CudaScratchBytes(rows);

    /// <inheritdoc/>
    public override long CpuScratchBytes(int rows, int outputs) => CrossEntropyJob.ScratchBytes(rows, outputs);
}
