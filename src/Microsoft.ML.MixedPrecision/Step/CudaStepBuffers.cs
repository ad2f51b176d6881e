using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>What a step on a card needs beside the plan's buffers: the learning rate, the parameters' ranges, results of the finite
/// check.</summary>
internal sealed unsafe class CudaStepBuffers : IDisposable
{
    private readonly DeviceMemory _learningRate;
    private readonly DeviceMemory _partials;
    private readonly DeviceMemory _ranges;
    private readonly int _rangeCount;

    /// <summary>Allocates.</summary>
    /// <param name="device">The card.</param>
    /// <param name="parts">What the step works on.</param>
    public CudaStepBuffers(CudaDevice device, StepParts parts)
    {
        _learningRate = device.Allocate(sizeof(float));
        _partials = device.Allocate((long)sizeof(FinitePartial) * FiniteCheckKernel.CountPartials(parts.Parameters.TrainedElements));
        OptimizerRange[] ranges = [.. parts.Parameters.Trained.Select(slot => Range(slot, parts.Settings.Optimizer))];
        Chunks = OptimizerRange.CountChunks(ranges);
        _rangeCount = ranges.Length;
        _ranges = device.Allocate((long)sizeof(OptimizerRange) * ranges.Length);
        device.Write<OptimizerRange>(_ranges.Address, ranges);
        Arenas = parts.Parameters.Addresses with
        {
            Ranges = _ranges.Address,
            RangeCount = ranges.Length,
            Step = parts.Memory.Addresses.Scalars,
            Lost = parts.Memory.Addresses.LostUpdates,
        };
        Commit = CommitOf(parts, device.Counters);
    }

    /// <summary>Bytes.</summary>
    public long Bytes => _learningRate.Bytes + _partials.Bytes + _ranges.Bytes;

    /// <summary>What the optimizer works on.</summary>
    public OptimizerArenas Arenas { get; }

    /// <summary>Chunks of all ranges.</summary>
    public int Chunks { get; }

    /// <summary>What the kernels around a step work on.</summary>
    public CommitArguments Commit { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _learningRate.Dispose();
        _partials.Dispose();
        _ranges.Dispose();
    }

    private CommitArguments CommitOf(StepParts parts, nint counter) => new()
    {
        Run = parts.Memory.Addresses.Run,
        Phase = parts.Memory.Addresses.Phase,
        Records = parts.Memory.Addresses.Records,
        Partials = _partials.Address,
        Ranges = _ranges.Address,
        LearningRate = _learningRate.Address,
        PlainWeights = parts.Parameters.Trained.Where(slot => !slot.HasMaster).Sum(slot => (long)slot.Parameter.Values.Length),
        Rule = parts.Settings.LossScale,
        Schedule = parts.Settings.Schedule,
        Regularization = parts.Settings.Regularization,
        ClipNorm = parts.Settings.ClipNorm ?? 0,
        ClipValue = parts.Settings.ClipValue ?? 0,
        Beta1 = parts.Settings.Optimizer.Beta1,
        Beta2 = parts.Settings.Optimizer.Beta2,
        LargestNorm = parts.Settings.Optimizer.LargestNorm,
        Gradients = parts.Parameters.GradientArena,
        Counter = counter,
        Elements = parts.Parameters.TrainedElements,
        RangeCount = _rangeCount,
        Capacity = parts.Memory.Capacity,
    };

    private static OptimizerRange Range(ParameterSlot slot, OptimizerSettings optimizer) => new()
    {
        Offset = slot.Offset,
        Elements = slot.Elements,
        ShadowFormat = slot.Format,
        HasMaster = slot.HasMaster ? 1 : 0,
        WeightDecay = slot.Parameter.Decays ? optimizer.WeightDecay * slot.Parameter.DecayFactor : 0,
        RateFactor = slot.Parameter.RateFactor,
        FrozenSteps = slot.Parameter.FrozenSteps,
        EpsilonFactor = slot.Parameter.EpsilonFactor,
        IsLazy = slot.Parameter.IsLazy ? 1 : 0,
    };
}
