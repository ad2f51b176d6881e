using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>What a step works on: the decided plan and its memory.</summary>
/// <param name="Settings">What the plan was made from.</param>
/// <param name="Ops">The operations in forward order.</param>
/// <param name="Layout">The network's input and logits.</param>
/// <param name="Context">Memory of values and gradients, as the operations see it.</param>
/// <param name="Parameters">The parameters' arenas.</param>
/// <param name="States">What layers learn without gradient.</param>
/// <param name="Probes">Reductions that run after the buffer they watch is written.</param>
/// <param name="Memory">States and records.</param>
internal sealed record StepParts(
    PlanSettings Settings,
    Op[] Ops,
    ValueLayout Layout,
    PlanContext Context,
    ParameterArenas Parameters,
    StateArenas States,
    RangeProbe[] Probes,
    StepMemory Memory)
{
    /// <summary>Words of 4 bytes that a row's target takes.</summary>
    public int TargetWords => Settings.Loss.TargetWords(Layout.Logits.Columns);

    /// <summary>Checks that a store's targets are those that the loss reads.</summary>
    /// <param name="store">The rows.</param>
    /// <exception cref="ArgumentException">They take more or fewer words.</exception>
    public void RequireTargets(RowStore store) => RequireTargets(store, Settings.Loss, Layout.Logits.Columns);

    /// <summary>The same for any loss of so many outputs.</summary>
    public static void RequireTargets(RowStore store, Loss loss, int outputs)
    {
        if (store.TargetWords != loss.TargetWords(outputs))
        {
            throw new ArgumentException($"The store has {store.TargetWords} target words a row; the loss, {loss.Name} of {outputs} "
                + $"outputs, takes {loss.TargetWords(outputs)}.", nameof(store));
        }
    }
}

/// <summary>The rows that a segment of a step takes from the epoch's order.</summary>
/// <param name="Rows">Rows of the micro-batch.</param>
/// <param name="StepRows">Rows of the whole step, over all its micro-batches.</param>
/// <param name="First">Whether this is the step's first micro-batch, whose gradients overwrite.</param>
/// <param name="Measure">Whether the probes run.</param>
internal readonly record struct MicroBatch(int Rows, int StepRows, bool First, bool Measure);

/// <summary>
/// Runs the segments of a step on one engine. <see cref="Accumulate"/> once a micro-batch, then <see cref="Commit"/>; with several devices
/// the
/// gradients are summed between the two. A step allocates nothing.
/// </summary>
/// <param name="parts">What it works on.</param>
internal abstract class StepRunner(StepParts parts) : IDisposable
{
    /// <summary>Added to the norm in the clip coefficient, as PyTorch's <c>clip_grad_norm_</c> does.</summary>
    protected const double NormEpsilon = 1e-6;

    /// <summary>What it works on.</summary>
    protected StepParts Parts { get; } = parts;

    /// <summary>Bytes beside the plan's own: targets, weights and row numbers of a batch.</summary>
    public abstract long WorkspaceBytes { get; }

    /// <summary>Bytes of staged rows on the device.</summary>
    public abstract long DataBytes { get; }

    /// <summary>Makes ready what micro-batches of so many rows need, at a step's boundary: nothing of it reaches weights, moments or
    /// states.</summary>
    /// <param name="rows">Rows of a micro-batch.</param>
    public abstract void Prepare(int rows);

    /// <summary>Brings a store's rows to where steps read them; <see cref="BeginEpoch"/> does so for a store that was not staged.</summary>
    /// <param name="store">The rows.</param>
    /// <exception cref="ArgumentException">They are not what the plan takes.</exception>
    public abstract void Stage(RowStore store);

    /// <summary>Begins an epoch: micro-batches then take the rows in this order, one after the other.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="order">Their numbers; copied.</param>
    /// <param name="cursor">Rows of the order that earlier steps have taken.</param>
    public abstract void BeginEpoch(RowStore store, ReadOnlySpan<int> order, int cursor);

    /// <summary>Gather, forward, loss, backward of the next rows.</summary>
    /// <param name="batch">Which.</param>
    public abstract void Accumulate(in MicroBatch batch);

    /// <summary>Finite check, norm, clipping, optimizer, loss scale, record.</summary>
    /// <param name="learningRate">Learning rate, before the schedule's factor.</param>
    public abstract void Commit(float learningRate);

    /// <summary>The algorithms of the plan's products, see <see cref="MatmulPlans.Chosen"/>; none where there is no choice.</summary>
    public virtual IReadOnlyDictionary<string, byte[]> Products => new Dictionary<string, byte[]>();

    /// <summary>A line for each product of the plan with the algorithm that computes it; nothing where there is no choice.</summary>
    public virtual string ExplainProducts() => "";

    /// <summary>Waits for all steps, so that states, records and parameters are theirs.</summary>
    public abstract void Synchronize();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Runs the operations forward.</summary>
    /// <param name="measure">Whether the probes run.</param>
    protected void Forward(bool measure)
    {
        MeasureWhatMakes(null, measure);
        foreach (Op op in Parts.Ops)
        {
            op.Forward(Parts.Context);
            MeasureWhatMakes(op, measure);
        }
    }

    /// <summary>Runs backward the operations that a trained parameter lies in or before.</summary>
    /// <param name="first">Whether the parameters' gradients overwrite.</param>
    /// <param name="measure">Whether the probes run.</param>
    protected void Backward(bool first, bool measure)
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

    /// <summary>Runs the probe of a value's gradient.</summary>
    protected void MeasureGradient(Value value, bool measure)
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
}
