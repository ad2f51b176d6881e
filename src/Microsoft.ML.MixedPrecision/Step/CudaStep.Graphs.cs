using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Step;

/// <content>The segments as CUDA graphs: what each one holds, recorded when it is first launched.</content>
internal sealed unsafe partial class CudaStep
{
    private void Flush()
    {
        if (_pending is { } batch)
        {
            _pending = null;
            Launch(new Segment(batch, Commits: false));
        }
    }

    private void Launch(in Segment segment)
    {
        if (!_graphs.TryGetValue(segment, out CudaGraph? graph))
        {
            Segment recorded = segment;
            Parts.Context.SetExamples(segment.Batch.Rows);
            graph = _device.Capture(_ => Enqueue(recorded));
            _graphs.Add(segment, graph);
        }

        _device.Context.MakeCurrent();
        _feed?.Deliver(_device, _buffers, segment.Batch.Rows);
        graph.Launch(_device.Stream);
    }

    private void Enqueue(in Segment segment)
    {
        if (segment.Batch.Rows > 0)
        {
            _feed!.Gather(_device, _buffers, Parts, segment.Batch);
            Compute(segment.Batch, _store!.HasWeights);
        }

        if (segment.Commits)
        {
            EnqueueCommit(segment.Batch.Rows);
        }
        else
        {
            StepKernels.AdvanceCursor(_device, _buffers.Commit, segment.Batch.Rows);
        }
    }

    private void Compute(in MicroBatch batch, bool hasWeights)
    {
        Forward(batch.Measure);
        Loss(batch, hasWeights);
        Backward(batch.First, batch.Measure);
    }

    private void Loss(in MicroBatch batch, bool hasWeights)
    {
        StepAddresses block = Parts.Memory.Addresses;
        Tensor logits = Parts.Context[Parts.Layout.Logits];
        Parts.Settings.Loss.Run(_device, new LossCudaArguments
        {
            Logits = logits,
            Targets = _buffers.Targets,
            Weights = hasWeights ? _buffers.Weights : null,
            Scale = (float*)block.Scale,
            Divisor = (int*)block.Rows,
            Scratch = _device.Scratch(Parts.Settings.Loss.CudaScratchBytes(batch.Rows, logits.Columns)),
            Loss = (double*)block.Loss,
            FirstNonFinite = (int*)block.FirstNonFinite,
            First = batch.First,
            Gradient = Parts.Context.Gradient(Parts.Layout.Logits),
        });
        MeasureGradient(Parts.Layout.Logits, batch.Measure);
    }

    private void EnqueueCommit(int rows)
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

    /// <summary>What one graph does.</summary>
    /// <param name="Batch">The micro-batch; 0 rows for none.</param>
    /// <param name="Commits">Whether the step ends with it.</param>
    private readonly record struct Segment(MicroBatch Batch, bool Commits);
}
