using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Step;

/// <content>The segments as CUDA graphs: what each one holds, recorded when it is first launched.</content>
internal sealed unsafe partial class CudaStep
{
    /// <summary>Different numbers of steps of a batch of sequences.</summary>
    private const int StepSizes = 16;

    /// <summary>Rows of a tile of fast products: fewer steps than that cost as much.</summary>
    private const int LeastStepUnit = 64;

    /// <inheritdoc/>
    protected override void Begin(in StepRequest step, RowParts batches)
    {
        for (int batch = 0; batch < batches.Count; batch++)
        {
            Prepare(SizeOf(batches, batch));
        }

        _device.Context.MakeCurrent();

        // Pageable memory: the driver takes its copy before it returns (CUDA driver API, "API synchronization behavior").
        if (step.LearningRate != _learningRate)
        {
            float learningRate = _learningRate = step.LearningRate;
            _device.Stream.CopyToDevice(&learningRate, _buffers.Commit.LearningRate, sizeof(float));
        }

        if (step.Positions != step.Rows)
        {
            int positions = step.Positions;
            _device.Stream.CopyToDevice(&positions, Parts.Memory.Addresses.Positions, sizeof(int));
        }
    }

    /// <inheritdoc/>
    /// <remarks>At most 16 graphs, up to the longest batch that can be, and a thirty-second of that more than is needed on
    /// average.</remarks>
    protected override int RoundSteps(int steps)
    {
        int unit = Math.Max(LeastStepUnit, (Parts.Settings.BatchSteps + StepSizes - 1) / StepSizes);
        return (int)Math.Min(Parts.Settings.BatchSteps, ((long)steps + unit - 1) / unit * unit);
    }

    /// <inheritdoc/>
    protected override void Do(in Segment segment)
    {
        if (!_graphs.TryGetValue(segment, out CudaGraph? graph))
        {
            Segment recorded = segment;
            Parts.Context.SetBatch(segment.Batch.Size);
            graph = _device.Capture(_ => Work(recorded));
            _graphs.Add(segment, graph);
        }

        _device.Context.MakeCurrent();
        _feed?.Deliver(_device, segment.Batch.Size);
        graph.Launch(_device.Stream);
        if (segment.Does(SegmentWork.Commit) && ++_attempts % AttemptsBetweenPulls == 0)
        {
            Parts.Memory.BeginPull();
        }
    }

    /// <inheritdoc/>
    protected override void Gather(in MicroBatch batch) => _feed!.Gather(_device, _buffers.Commit, Parts, batch);

    /// <inheritdoc/>
    protected override void Commit(int rows)
    {
        StepKernels.Commit(_device, _buffers.Commit, rows);
        OptimizerSettings optimizer = Parts.Settings.Optimizer;
        switch (optimizer.Kind)
        {
            case OptimizerKind.AdamW:
                AdamWKernel.Run(_device, _buffers.Arenas, _buffers.Chunks, optimizer);
                break;
            case OptimizerKind.Sgd:
                SgdKernel.Run(_device, _buffers.Arenas, _buffers.Chunks, optimizer);
                break;
            default:
                throw UnknownValue.Of(optimizer.Kind);
        }

        if (Parts.States.Elements > 0)
        {
            StepKernels.CommitStates(_device, Parts.Memory.Addresses.Phase, Parts.States);
        }
    }

    /// <inheritdoc/>
    protected override void Advance(int rows) => StepKernels.AdvanceCursor(_device, _buffers.Commit, rows);

    private void ForgetGraphs()
    {
        _device.Synchronize();
        DisposeGraphs();
    }

    private void DisposeGraphs()
    {
        foreach (CudaGraph graph in _graphs.Values)
        {
            graph.Dispose();
        }

        _graphs.Clear();
    }
}
