using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>The order of a step, the same on either engine. A step allocates nothing.</summary>
/// <param name="parts">What it works on.</param>
internal abstract class StepRunner(StepParts parts) : IDisposable
{
    /// <summary>Added to the norm in the clip coefficient, as PyTorch's <c>clip_grad_norm_</c> does.</summary>
    protected const double NormEpsilon = 1e-6;

    private readonly EpochLengths _lengths = new();

    /// <summary>What it works on.</summary>
    protected StepParts Parts { get; } = parts;

    /// <summary>Whether a step has begun that is not committed.</summary>
    public bool IsWithinStep { get; private set; }

    /// <summary>Bytes beside the plan's own.</summary>
    public abstract long WorkspaceBytes { get; }

    /// <summary>Bytes of staged rows on the device.</summary>
    public abstract long DataBytes { get; }

    /// <summary>The algorithms of the plan's products, see <see cref="MatmulPlans.Chosen"/>; none where there is no choice.</summary>
    public virtual IReadOnlyDictionary<string, byte[]> Products => new Dictionary<string, byte[]>();

    /// <summary>A line for each product of the plan with the algorithm that computes it; nothing where there is no choice.</summary>
    public virtual string ExplainProducts() => "";

    /// <summary>Makes ready what such micro-batches need, at a step's boundary: nothing of it reaches weights, moments or
    /// states.</summary>
    /// <param name="batch">What a micro-batch has.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than the plan has memory for.</exception>
    public void Prepare(BatchSize batch)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.Examples, Parts.Settings.BatchRows, nameof(batch));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.Steps, Parts.Settings.BatchSteps, nameof(batch));
        MakeReady(batch);
    }

    /// <summary>Brings a store's rows to where steps read them; <see cref="BeginEpoch"/> does so for a store that was not staged.</summary>
    /// <param name="store">The rows.</param>
    /// <exception cref="ArgumentException">They are not what the plan takes.</exception>
    public abstract void Stage(RowStore store);

    /// <summary>Begins an epoch: steps then take the rows in this order, one after the other.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="order">Their numbers; copied.</param>
    /// <param name="cursor">Rows of the order that earlier steps have taken.</param>
    /// <exception cref="ArgumentOutOfRangeException">The cursor is behind the end of the order.</exception>
    public void BeginEpoch(RowStore store, ReadOnlySpan<int> order, int cursor = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)cursor, (uint)order.Length, nameof(cursor));
        Stage(store);
        _lengths.Begin(store, order, cursor);
        SetOrder(order, cursor);
    }

    /// <summary>
    /// A step: accumulate once a micro-batch, then reduce, then commit. What follows the last micro-batch is of one segment with it, so
    /// that a step of one micro-batch is one graph of a card; where several devices reduce, the graphs are cut around that. A step with a
    /// value that is not finite changes no weight, moment or step count; only the loss scale backs off.
    /// </summary>
    /// <param name="step">What is asked for.</param>
    /// <param name="work">What of it is done.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has no rows or no labelled positions.</exception>
    public void Take(in StepRequest step, SegmentWork work = SegmentWork.All)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step.Rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step.Positions);
        IsWithinStep = true;
        var batches = new RowParts((work & SegmentWork.Accumulate) != 0 ? step.Rows : 0, Parts.Settings.BatchRows);
        Begin(step, batches);
        for (int i = 0; i < batches.Count - 1; i++)
        {
            Do(new Segment(SegmentWork.Accumulate, Batch(step, batches, i)));
        }

        Do(new Segment(work, batches.Count > 0 ? Batch(step, batches, batches.Count - 1) : default));
        _lengths.Advance(batches.Rows);
        IsWithinStep = (work & SegmentWork.Commit) == 0;
    }

    /// <summary>Waits for all steps, so that states, records and parameters are theirs.</summary>
    public abstract void Synchronize();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Makes ready what such micro-batches need.</summary>
    protected abstract void MakeReady(BatchSize batch);

    /// <summary>Steps that are computed for so many: as many, or some more of none so that there are few different numbers.</summary>
    protected virtual int RoundSteps(int steps) => steps;

    /// <summary>Steps take the staged rows in this order from now on.</summary>
    protected abstract void SetOrder(ReadOnlySpan<int> order, int cursor);

    /// <summary>What comes before a step's first segment: numbers of the host that segments read.</summary>
    protected abstract void Begin(in StepRequest step, RowParts batches);

    /// <summary>Has a segment done: at once, or as a graph that was recorded of it.</summary>
    protected abstract void Do(in Segment segment);

    /// <summary>A segment, whether run or recorded.</summary>
    protected void Work(in Segment segment)
    {
        if (segment.Does(SegmentWork.Accumulate))
        {
            Gather(segment.Batch);
            Compute(segment.Batch);
        }

        if (segment.Does(SegmentWork.Reduce))
        {
            Reduce();
        }

        if (segment.Does(SegmentWork.Commit))
        {
            Commit(segment.Batch.Rows);
        }
        else
        {
            Advance(segment.Batch.Rows);
        }
    }

    /// <summary>Begins the step where the micro-batch is its first, and brings the rows at the cursor into the batch.</summary>
    protected abstract void Gather(in MicroBatch batch);

    /// <summary>Forward, losses and backward.</summary>
    protected void Compute(in MicroBatch batch)
    {
        Forward(batch.Measure);
        Backward(batch.First, batch.Measure);
    }

    /// <summary>One device has nothing to reduce: its gradients and its loss are the step's. Several add them here.</summary>
    protected virtual void Reduce()
    {
    }

    /// <summary>Finite check, norm, clipping, optimizer, staged states, loss scale, record; the cursor goes over the last
    /// micro-batch.</summary>
    /// <param name="rows">Rows of the last micro-batch.</param>
    protected abstract void Commit(int rows);

    /// <summary>The cursor goes over a micro-batch that commits nothing.</summary>
    /// <param name="rows">Its rows.</param>
    protected abstract void Advance(int rows);

    private void Forward(bool measure)
    {
        MeasureWhatMakes(null, measure);
        foreach (Op op in Parts.Ops)
        {
            op.Forward(Parts.Context);
            MeasureWhatMakes(op, measure);
        }
    }

    /// <summary>Runs backward the losses and the operations that a trained parameter lies in or before.</summary>
    private void Backward(bool first, bool measure)
    {
        for (int i = Parts.Ops.Length - 1; i >= 0; i--)
        {
            Op op = Parts.Ops[i];
            if (!op.RunsBackward)
            {
                continue;
            }

            Parts.Context.EnterBackward(i);
            op.Backward(Parts.Context, accumulate: !first);
            foreach (Value input in op.GradientsWritten)
            {
                MeasureGradient(input, measure);
            }
        }

        Parts.Context.EnterBackward(-1);
    }

    private void MeasureGradient(Value value, bool measure)
    {
        foreach (RangeProbe probe in measure ? Parts.Probes : [])
        {
            if (probe.OfGradient && probe.Value == value)
            {
                probe.Run(Parts.Context);
            }
        }
    }

    /// <summary>Runs the probes of the values that an operation makes; of the network's input for null.</summary>
    private void MeasureWhatMakes(Op? op, bool measure)
    {
        foreach (RangeProbe probe in measure ? Parts.Probes : [])
        {
            if (!probe.OfGradient && probe.Value.Producer == op)
            {
                probe.Run(Parts.Context);
            }
        }
    }

    /// <summary>What a micro-batch of the step that begins next has.</summary>
    /// <param name="batches">The step's micro-batches.</param>
    /// <param name="batch">Number of the micro-batch.</param>
    protected BatchSize SizeOf(RowParts batches, int batch)
    {
        int rows = batches.RowsOf(batch);
        return Parts.Settings.BatchSteps == 0
            ? rows
            : new BatchSize(rows, RoundSteps(_lengths.StepsOf(batches.StartOf(batch), rows)));
    }

    private MicroBatch Batch(in StepRequest step, RowParts batches, int batch) => new(
        SizeOf(batches, batch),
        step.Rows,
        step.Positions == step.Rows ? step.Positions : 0,
        First: batch == 0,
        step.Measure);
}
