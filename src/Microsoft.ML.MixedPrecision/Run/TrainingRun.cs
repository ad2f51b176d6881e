using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>All of a run that changes with its steps: where it stands, and what a checkpoint has of it.</summary>
/// <param name="plan">The plan.</param>
/// <param name="history">The history.</param>
/// <param name="advisor">What is seen and said.</param>
/// <param name="gradients">What of the gradient is tried.</param>
/// <param name="best">The best weights; null without validation.</param>
/// <param name="events">Who is told of it.</param>
/// <param name="feed">Tells them of steps.</param>
/// <param name="stop">Whether somebody wants it to stop.</param>
internal sealed class TrainingRun(
    TrainingPlan plan,
    TrainingHistory history,
    TrainingAdvisor advisor,
    LostGradient gradients,
    BestWeights? best,
    RunEvents events,
    StepFeed feed,
    StopRequest stop)
{
    private long _started;
    private EpochPassesState? _begun;
    private long _epochStarted;
    private double _secondsBefore;
    private double _secondsOfEpochBefore;

    /// <summary>The plan.</summary>
    public TrainingPlan Plan => plan;

    /// <summary>The history.</summary>
    public TrainingHistory History => history;

    /// <summary>What is seen and said.</summary>
    public TrainingAdvisor Advisor => advisor;

    /// <summary>What of the gradient is tried.</summary>
    public LostGradient Gradients => gradients;

    /// <summary>The best weights; null without validation.</summary>
    public BestWeights? Best => best;

    /// <summary>Who is told of it.</summary>
    public RunEvents Events => events;

    /// <summary>Tells them of steps.</summary>
    public StepFeed Feed => feed;

    /// <summary>Whether somebody wants it to stop.</summary>
    public StopRequest Stop => stop;

    /// <summary>Attempted steps.</summary>
    public long Attempts { get; set; }

    /// <summary>The passes of the epoch that has begun; null between two epochs.</summary>
    public EpochPasses? Passes { get; private set; }

    /// <summary>Steps of the pass that were attempted.</summary>
    public int StepsOfPass { get; set; }

    /// <summary>How the run has ended; null while it has not.</summary>
    public RunEnd? End { get; set; }

    /// <summary>Whether it was stopped in a way that a later one may go on from: <see cref="End"/> is that of this process alone.</summary>
    public bool IsInterrupted { get; set; }

    /// <summary>Whether it was cancelled.</summary>
    public bool IsCanceled { get; set; }

    /// <summary>Time that the rows took to the device.</summary>
    public TimeSpan Staged { get; set; }

    /// <summary>Time since the run began, in whatever processes.</summary>
    public TimeSpan Elapsed
        => TimeSpan.FromSeconds(_secondsBefore) + (_started == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_started));

    /// <summary>Time since the epoch began.</summary>
    public TimeSpan ElapsedOfEpoch => TimeSpan.FromSeconds(_secondsOfEpochBefore) + Stopwatch.GetElapsedTime(_epochStarted);

    /// <summary>Begins to count time, once all is ready for the first step.</summary>
    public void Start() => _started = Stopwatch.GetTimestamp();

    /// <summary>Begins an epoch, or goes on with the one that had begun.</summary>
    /// <param name="order">Its rows in order; kept.</param>
    /// <param name="steps">How they are cut into steps.</param>
    /// <param name="mostRetries">Passes after the first.</param>
    public EpochPasses BeginEpoch(int[] order, RowParts steps, int mostRetries)
    {
        _epochStarted = Stopwatch.GetTimestamp();
        Passes = new EpochPasses(order, steps, mostRetries, plan.Run.Attempts);
        if (_begun is not null)
        {
            Passes.Resume(_begun);
            _begun = null;
        }

        int epoch = history.Ended.Count + 1;
        feed.BeginEpoch(epoch, Passes);
        advisor.Epoch = epoch;
        return Passes;
    }

    /// <summary>Ends the epoch.</summary>
    public void EndEpoch()
    {
        (Passes, _secondsOfEpochBefore) = (null, 0);
    }

    /// <summary>Waits for the work so far, and tells of all its steps.</summary>
    public void Settle()
    {
        plan.Steps.Synchronize();
        feed.Deliver();
    }

    /// <summary>Everything as it is now, between two steps, once the work so far is done and its records are taken.</summary>
    public RunCheckpoint Capture()
    {
        Settle();
        return new RunCheckpoint
        {
            State = plan.Capture(),
            Snapshot = new RunSnapshot
            {
                Passes = Passes?.Capture(),
                StepsOfPass = StepsOfPass,
                History = history.Capture(),
                Advisor = advisor.Capture(),
                Gradient = gradients.Capture(),
                Best = best?.Capture(),
                SecondsOfEpoch = Passes is null ? 0 : ElapsedOfEpoch.TotalSeconds,
                Seconds = Elapsed.TotalSeconds,
                End = End,
            },
            Best = best?.CaptureWeights() ?? [],
        };
    }

    /// <summary>Goes on from a checkpoint, whose state the plan was made from; before the first step.</summary>
    /// <param name="checkpoint">It.</param>
    public void Resume(RunCheckpoint checkpoint)
    {
        RunSnapshot snapshot = checkpoint.Snapshot;
        history.Resume(snapshot.History);
        advisor.Epoch = history.Ended.Count;
        advisor.Resume(snapshot.Advisor);
        gradients.Resume(snapshot.Gradient);
        if (snapshot.Best is { } state)
        {
            best?.Resume(state, checkpoint.Best);
        }

        (_begun, StepsOfPass, End) = (snapshot.Passes, snapshot.StepsOfPass, snapshot.End);
        (_secondsBefore, _secondsOfEpochBefore, Attempts) = (snapshot.Seconds, snapshot.SecondsOfEpoch, checkpoint.Attempts);
        plan.Store();
    }
}
