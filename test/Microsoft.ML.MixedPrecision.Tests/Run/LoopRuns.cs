using Microsoft.ML.MixedPrecision.Run;

namespace Microsoft.ML.MixedPrecision.Tests;

/// <summary>Runs of a loop that are watched for epochs and warnings alone.</summary>
internal static class LoopRuns
{
    /// <summary>Runs.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="onEpoch">Told of each epoch; null for nobody.</param>
    /// <param name="log">Told of each warning.</param>
    /// <param name="checkAlive">Called before each step and after the last epoch.</param>
    public static TrainingResult Run(this TrainingLoop loop, Action<TrainingMetrics>? onEpoch, Action<string> log, Action checkAlive)
        => loop.Run(checkAlive, new Watcher(onEpoch, log));

    private sealed class Watcher(Action<TrainingMetrics>? onEpoch, Action<string> log) : IRunObserver
    {
        public void OnEpoch(TrainingMetrics epoch) => onEpoch?.Invoke(epoch);

        public void OnWarning(RunWarning warning) => log(warning.Message);
    }
}
