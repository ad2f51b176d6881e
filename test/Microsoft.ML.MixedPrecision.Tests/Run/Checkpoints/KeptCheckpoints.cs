using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Checkpoints;

/// <summary>Checkpoints in memory, as texts and bytes. A process that is killed leaves what was kept before.</summary>
internal sealed class KeptCheckpoints : ICheckpoints
{
    private long _saved;

    /// <summary>Attempts from one checkpoint to the next; null for none.</summary>
    public int? EverySteps { get; init; }

    /// <summary>Whether one is kept at the end of each epoch.</summary>
    public bool EveryEpoch { get; init; }

    /// <summary>What was kept, the oldest first.</summary>
    public List<CheckpointContents> Kept { get; } = [];

    /// <summary>The last one.</summary>
    public RunCheckpoint Latest => RunCheckpoint.FromContents(Kept[^1]);

    /// <inheritdoc/>
    public RunCheckpoint? Resume() => Kept.Count == 0 ? null : Latest;

    /// <inheritdoc/>
    public bool IsDue(long attempts, bool epochEnds)
        => (EveryEpoch && epochEnds) || (EverySteps is { } steps && attempts >= _saved + steps);

    /// <inheritdoc/>
    public void Save(RunCheckpoint checkpoint)
    {
        _saved = checkpoint.Attempts;
        Kept.Add(checkpoint.ToContents());
    }
}
