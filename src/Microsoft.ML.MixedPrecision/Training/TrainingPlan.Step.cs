using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <content>The step, a transaction.</content>
internal sealed unsafe partial class TrainingPlan
{
    /// <summary>Added to the norm in the clip coefficient, as PyTorch's <c>clip_grad_norm_</c> does.</summary>
    private const double NormEpsilon = 1e-6;

    private int* Labels => (int*)_workspace.Address;

    private float* Weights => (float*)_workspace.Address + _settings.BatchRows;

    /// <summary>Gather, forward, loss, backward of one micro-batch.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="rows">Which rows, in order; at most the plan's batch rows.</param>
    /// <param name="stepRows">Rows of the whole step, over all its micro-batches.</param>
    /// <param name="first">Whether this is the step's first micro-batch, whose gradients overwrite.</param>
    /// <param name="measure">Whether the probes run.</param>
    /// <exception cref="ArgumentOutOfRangeException">More rows than the plan has memory for.</exception>
    public void Accumulate(ExampleStore store, ReadOnlySpan<int> rows, int stepRows, bool first, bool measure = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.Length, _settings.BatchRows, nameof(rows));
        _context.SetExamples(rows.Length);
        if (first)
        {
            State.Loss = 0;
            State.Rows = stepRows;
            State.FirstNonFinite = NonFinite.None;
        }

        store.Gather(rows, _context[_layout.Input], new Span<int>(Labels, rows.Length), store.HasWeights ? new Span<float>(Weights, rows.Length) : default);
        Forward(measure);
        Loss(store.HasWeights, stepRows, measure);
        Backward(first ? BackwardWants.ParameterGradients : BackwardWants.ParameterGradients | BackwardWants.Accumulate, measure);
        Run.Cursor += rows.Length;
    }

    /// <summary>Finite check, norm, clipping, optimizer, loss scale, record. A step with a value that is not finite changes no weight,
    /// moment or step count; only the loss scale backs off.</summary>
    /// <param name="learningRate">Learning rate of this step.</param>
    public void Commit(float learningRate)
    {
        Run.Attempts++;
        CheckFiniteAndNorm();
        bool finite = State.FirstNonFinite == NonFinite.None;
        float scale = Scale.Scale;
        if (finite)
        {
            State.Step++;
            UpdateWeights(learningRate, scale);
        }
        else
        {
            State.Skips++;
        }

        Record(learningRate, scale);
        Scale.Update(_settings.LossScale, nonFinite: !finite);
    }

    /// <summary>Runs what needs working memory once, on zeros; nothing of it reaches weights, moments or states.</summary>
    private void WarmUp()
    {
        _context.SetExamples(_settings.BatchRows);
        Forward(measure: false);
        Loss(hasWeights: false, _settings.BatchRows, measure: false);
        Backward(BackwardWants.ParameterGradients, measure: false);
        CheckFiniteAndNorm();
        State = default;
    }

    private void Forward(bool measure)
    {
        foreach (Op op in _ops)
        {
            op.Forward(_context);
            Measure(op.Output, ofGradient: false, measure);
        }
    }

    private void Loss(bool hasWeights, int stepRows, bool measure)
    {
        Tensor logits = _context[_layout.Logits];
        Tensor gradient = _context.Gradient(_layout.Logits);
        double loss;
        CrossEntropyKernel.Run(_device, new CrossEntropyArguments
        {
            Logits = logits,
            Labels = Labels,
            Weights = hasWeights ? Weights : null,
            Divisor = stepRows,
            Scale = Scale.Scale,
            Gradient = gradient,
            LossSum = &loss,
        });
        State.Loss += loss;
        bool logitsFinite = FiniteCheckKernel.IsFinite(_device, logits);
        State.FirstNonFinite = State.FirstNonFinite != NonFinite.None ? State.FirstNonFinite
            : !logitsFinite ? NonFinite.Logits
            : !double.IsFinite(State.Loss) ? NonFinite.Loss
            : NonFinite.None;
        Measure(_layout.Logits, ofGradient: true, measure);
    }

    private void Backward(BackwardWants wants, bool measure)
    {
        for (int i = _ops.Length - 1; i >= 0; i--)
        {
            Op op = _ops[i];
            op.Backward(_context, i == 0 ? wants : wants | BackwardWants.InputGradient);
            Measure(op.Input, ofGradient: true, measure && i > 0);
        }
    }

    private void Measure(Value value, bool ofGradient, bool measure)
    {
        if (!measure)
        {
            return;
        }

        foreach (RangeProbe probe in _probes)
        {
            if (probe.Value == value && probe.OfGradient == ofGradient)
            {
                probe.Run(_context);
            }
        }
    }

    private void CheckFiniteAndNorm()
    {
        double squares = 0;
        for (int i = 0; i < _parameters.Slots.Length; i++)
        {
            ParameterSlot slot = _parameters.Slots[i];
            FiniteCheckResult result = FiniteCheckKernel.Run(_device, _parameters.Gradient(slot), slot.Elements);
            squares += result.SumOfSquares;
            if (!result.IsFinite && State.FirstNonFinite == NonFinite.None)
            {
                State.FirstNonFinite = i;
            }
        }

        State.Norm = Math.Sqrt(squares) / Scale.Scale;
        State.Coefficient = _settings.ClipNorm is { } limit ? (float)Math.Min(1.0, limit / (State.Norm + NormEpsilon)) : 1f;

        // Under a scale far below 1 a finite stored gradient may be too large once unscaled, or 1 ÷ scale itself be infinite.
        if (State.FirstNonFinite == NonFinite.None && !(float.IsFinite((float)State.Norm) && float.IsFinite(State.Coefficient / Scale.Scale)))
        {
            State.FirstNonFinite = NonFinite.Norm;
        }
    }

    private void UpdateWeights(float learningRate, float scale)
    {
        var update = new WeightUpdateStep(
            State.Step,
            learningRate,
            Factor: State.Coefficient / scale,
            ValueLimit: (_settings.ClipValue ?? 0f) * scale);
        foreach (ParameterSlot slot in _parameters.Slots)
        {
            long lost = WeightUpdater.Run(_device, _settings.Optimizer, _parameters, slot, update);
            if (!slot.HasMaster)
            {
                State.LostUpdates += lost;
                State.Updates += slot.Parameter.Values.Length;
            }
        }
    }

    private void Record(float learningRate, float scale)
    {
        _step.Append(new StepRecord
        {
            Attempt = Run.Attempts,
            Step = State.Step,
            Loss = State.Loss,
            Norm = State.Norm,
            Scale = scale,
            LearningRate = learningRate,
            Coefficient = State.Coefficient,
            Rows = State.Rows,
            FirstNonFinite = State.FirstNonFinite,
        });
    }
}
