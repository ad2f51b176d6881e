namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>Where a run's checkpoints go, and come from.</summary>
internal interface ICheckpoints
{
    /// <summary>The checkpoint to go on from; null to begin anew. Asked once, before anything else of the run.</summary>
    RunCheckpoint? Resume();

    /// <summary>Whether a checkpoint is wanted here. Asked after every attempted step, committed or skipped, and at the end of every epoch,
    /// then with the attempts of its last step.</summary>
    /// <param name="attempts">Attempted steps of the whole run.</param>
    /// <param name="epochEnds">Whether an epoch has ended, its validation and callbacks too.</param>
    bool IsDue(long attempts, bool epochEnds);

    /// <summary>
    /// Keeps a checkpoint: one that was due; one where the run is cancelled; and, whatever was due, one at the end of the run
    /// (<see cref="RunCheckpoint.IsFinished"/>).
    /// </summary>
    /// <param name="checkpoint">It; its arrays are no one else's.</param>
    void Save(RunCheckpoint checkpoint);
}
