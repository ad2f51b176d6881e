using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>The step on the CPU engine, a transaction: each call does its work before it returns.</summary>
internal sealed unsafe class CpuStep : StepRunner
{
    private readonly CpuDevice _device;
    private int[] _order = [];
    private int _orderLength;
    private RowStore? _store;
    private StagedColumns? _columns;
    private float _learningRate;

    /// <summary>Runs every kernel once, so that their working memory is there too.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="parts">What it works on.</param>
    public CpuStep(CpuDevice device, StepParts parts)
        : base(parts)
    {
        _device = device;
        Prepare(parts.Settings.Batch);
    }

    /// <inheritdoc/>
    public override long WorkspaceBytes => 0;

    /// <inheritdoc/>
    public override long DataBytes => _store?.Bytes ?? 0;

    private ref CommitState State => ref Parts.Memory.Phase.Commit;

    private ref RunBlock Run => ref Parts.Memory.Run;

    private float Scale => Parts.Memory.Phase.Scale.Scale;

    /// <inheritdoc/>
    protected override void MakeReady(BatchSize batch)
    {
        CommitState kept = State;
        State.Positions = batch.Examples;
        Parts.Context.SetBatch(batch);
        ClearWords();
        Compute(new MicroBatch(batch, batch.Examples, batch.Examples, First: true, Measure: false));
        CheckFiniteAndNorm();
        State = kept;
    }

    /// <inheritdoc/>
    public override void Stage(RowStore store)
    {
        if (_store != store)
        {
            _columns = new StagedColumns(Parts, store, widens: true);
            _store = store;
        }
    }

    /// <inheritdoc/>
    protected override void SetOrder(ReadOnlySpan<int> order, int cursor)
    {
        if (_order.Length < order.Length)
        {
            _order = new int[order.Length];
        }

        order.CopyTo(_order);
        _orderLength = order.Length;
        Run.Cursor = cursor;
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    protected override void Begin(in StepRequest step, RowParts batches) => (_learningRate, State.Positions) = (
        step.LearningRate,
        step.Positions);

    /// <inheritdoc/>
    protected override void Do(in Segment segment) => Work(segment);

    /// <inheritdoc/>
    protected override void Gather(in MicroBatch batch)
    {
        if (batch.First)
        {
            State.Loss = 0;
            State.Rows = batch.StepRows;
            State.FirstNonFinite = NonFinite.None;
            Run.Position = new StepPosition { Step = State.Step };
        }

        ReadOnlySpan<int> rows = _order.AsSpan(0, _orderLength).Slice((int)Run.Cursor, batch.Rows);
        _store!.Gather(rows, _columns!.BeginBatch(batch.Size));
    }

    /// <inheritdoc/>
    protected override void Advance(int rows)
    {
        Run.Cursor += rows;
        Run.Position.Row += rows;
    }

    /// <inheritdoc/>
    protected override void Commit(int rows)
    {
        Advance(rows);
        Run.Attempts++;
        float learningRate = _learningRate * Parts.Settings.Schedule.FactorOf(State.Step + 1);
        CheckFiniteAndNorm();
        bool finite = State.FirstNonFinite == NonFinite.None;
        float scale = Scale;
        if (finite)
        {
            State.Step++;
            UpdateWeights(learningRate, scale);
            Parts.States.Commit();
        }
        else
        {
            State.Skips++;
        }

        Record(learningRate, scale);
        Parts.Memory.Phase.Scale.Update(Parts.Settings.LossScale, nonFinite: !finite);
    }

    /// <summary>Whatever earlier steps have left there may be no id.</summary>
    private void ClearWords()
    {
        foreach (Value input in Parts.Layout.Inputs.Where(input => input.Kind != ElementKind.Number))
        {
            Words words = Parts.Context.Words(input);
            NativeMemory.Clear((void*)words.Address, (nuint)words.Bytes);
        }
    }

    private void CheckFiniteAndNorm()
    {
        double squares = 0;
        for (int i = 0; i < Parts.Parameters.Trained.Length; i++)
        {
            ParameterSlot slot = Parts.Parameters.Trained[i];
            FiniteCheckResult result = FiniteCheckKernel.Run(_device, Parts.Parameters.Gradient(slot), slot.Elements);
            squares += result.SumOfSquares;
            if (!result.IsFinite && State.FirstNonFinite == NonFinite.None)
            {
                State.FirstNonFinite = i;
            }
        }

        State.Norm = Math.Sqrt(squares) / Scale;
        State.Coefficient = Parts.Settings.ClipNorm is { } limit ? (float)Math.Min(1.0, limit / (State.Norm + NormEpsilon)) : 1f;

        // Under a scale far below 1 a finite stored gradient may be too large once unscaled, or 1 ÷ scale itself be infinite; and moments
        // must hold what is applied.
        double applied = Math.Min(State.Norm * State.Coefficient, Parts.Settings.ClipValue ?? double.PositiveInfinity);
        if (State.FirstNonFinite == NonFinite.None
            && !(float.IsFinite((float)State.Norm)
                && float.IsFinite(State.Coefficient / Scale)
                && applied <= Parts.Settings.Optimizer.LargestNorm))
        {
            State.FirstNonFinite = NonFinite.Norm;
        }
    }

    private void UpdateWeights(float learningRate, float scale)
    {
        var update = new WeightUpdateStep(
            State.Step,
            learningRate,
            Parts.Settings.Regularization.FactorOf(State.Step),
            Factor: State.Coefficient / scale,
            ValueLimit: (Parts.Settings.ClipValue ?? 0f) * scale);
        foreach (ParameterSlot slot in Parts.Parameters.Trained)
        {
            long lost = WeightUpdater.Run(_device, Parts.Settings.Optimizer, Parts.Parameters, slot, update);
            if (!slot.HasMaster)
            {
                State.LostUpdates += lost;
                State.Updates += slot.Parameter.Values.Length;
            }
        }
    }

    private void Record(float learningRate, float scale)
    {
        Parts.Memory.Append(new StepRecord
        {
            Attempt = Run.Attempts,
            Step = State.Step,
            Loss = State.Loss,
            Norm = State.Norm,
            Scale = scale,
            LearningRate = learningRate,
            Coefficient = State.Coefficient,
            Rows = State.Rows,
            Positions = State.Positions,
            FirstNonFinite = State.FirstNonFinite,
        });
    }
}
