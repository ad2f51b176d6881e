using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests;

/// <summary>Loops over a store, and runs of them that are watched for epochs and warnings alone.</summary>
internal static class LoopRuns
{
    /// <summary>A loop over all rows, in an order of the options' seed, unless another order is given.</summary>
    public static TrainingLoop Of(
        Network network,
        TrainingOptions options,
        Device device,
        RowStore train,
        RowStore? validation = null,
        RowOrder? order = null)
        => new(network, options, device, train, order ?? new RowOrder(train.Rows, [], options.Seed), validation);

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
