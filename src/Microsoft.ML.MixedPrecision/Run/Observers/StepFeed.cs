using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Brings the records of a plan's steps to observers, as metrics for people: each once, in order, soon.</summary>
internal sealed class StepFeed
{
    /// <summary>
    /// Time after which a step that ends is told of at once, with those before it. Half of the promised 250 ms: a step that ended earlier
    /// waits for the next one to end, which comes within the other half, or takes longer than that and is told of by itself.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(125);

    private readonly TrainingPlan _plan;
    private readonly LossScaleRule _rule;
    private readonly RunEvents _events;
    private readonly StopRequest _stop;
    private readonly TimeProvider _time;
    private readonly string[] _slotNames;
    private LossScaleState _scale;
    private EpochPasses? _passes;
    private long _told;
    private int _epoch;

    /// <summary>Starts where the plan stands.</summary>
    /// <param name="plan">The plan, between two steps; no record waits.</param>
    /// <param name="rule">Rule of its loss scale.</param>
    /// <param name="events">Told of steps.</param>
    /// <param name="stop">What an observer of steps may ask for.</param>
    /// <param name="time">The clock.</param>
    public StepFeed(TrainingPlan plan, LossScaleRule rule, RunEvents events, StopRequest stop, TimeProvider time)
    {
        (_plan, _rule, _events, _stop, _time) = (plan, rule, events, stop, time);
        _slotNames = [.. plan.Parameters.Slots.Select(slot => slot.Parameter.Name)];
        _scale = plan.Scale;
        _told = time.GetTimestamp();
    }

    /// <summary>Begins an epoch: the records to come are those of its passes.</summary>
    /// <param name="epoch">Its number, from 1.</param>
    /// <param name="passes">Told of every record.</param>
    public void BeginEpoch(int epoch, EpochPasses passes) => (_epoch, _passes) = (epoch, passes);

    /// <summary>After a step: tells of those that are known where it is time, and before the ring would lose one.</summary>
    /// <param name="attempts">Attempts so far.</param>
    public void AfterStep(long attempts)
    {
        _plan.Records.Follow(attempts);
        int waiting = _plan.Records.Waiting;
        if (waiting > 0 && (waiting >= _plan.Records.Capacity / 2 || _time.GetElapsedTime(_told) >= Interval))
        {
            Deliver();
        }
    }

    /// <summary>Tells of all steps whose records are here.</summary>
    public void Deliver()
    {
        _told = _time.GetTimestamp();
        var steps = new List<StepMetrics>(_plan.Records.Waiting);
        while (_plan.Records.TryTake(out StepRecord record))
        {
            StepMetrics step = ToMetrics(record);
            _passes!.Note(step);
            steps.Add(step);
        }

        if (steps.Count == 0)
        {
            return;
        }

        _events.Steps(new RunSteps { Steps = steps, Stop = _stop });
        foreach (StepMetrics step in steps.Where(step => step.Skipped))
        {
            _events.Skipped(StepSkipped.Of(step));
        }
    }

    /// <summary>A record does not say which scale its step left: the rule does, which is the same on every device.</summary>
    private StepMetrics ToMetrics(in StepRecord record)
    {
        _scale.Scale = record.Scale;
        _scale.Update(_rule, nonFinite: record.FirstNonFinite != NonFinite.None);
        return new StepMetrics
        {
            Attempt = record.Attempt,
            Step = record.Step,
            Epoch = _epoch,
            EpochStep = _passes!.StepOf(record.Attempt) + 1,
            RetryPass = _passes.Retry,
            Rows = record.Rows,
            Positions = record.Positions,
            Loss = (float)record.Loss,
            GradientNorm = record.Norm,
            LossScale = record.Scale,
            NextLossScale = _scale.Scale,
            LearningRate = record.LearningRate,
            ClipCoefficient = record.Coefficient,
            NonFinite = NonFinite.NameOf(record.FirstNonFinite, slot => _slotNames[slot]),
        };
    }
}
