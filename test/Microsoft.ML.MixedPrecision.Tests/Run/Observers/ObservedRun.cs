using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Observers;

/// <summary>A run of 200 rows in steps of 32, seven an epoch, and what was heard of it.</summary>
internal sealed class ObservedRun
{
    public const int Rows = 200, Features = 8, Classes = 4;

    /// <summary>How it trains.</summary>
    public TrainingOptions Options { get; init; } = new() { Precision = PrecisionPolicy.Float32, Epochs = 3, BatchSize = 32, Seed = 5 };

    /// <summary>Share of the rows that validates.</summary>
    public float HeldBack { get; init; }

    /// <summary>Rows of several times the 200.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Called before each step with its number, from 1, and once behind the last.</summary>
    public Action<int> BeforeStep { get; init; } = _ => { };

    /// <summary>Where checkpoints are kept.</summary>
    public ICheckpoints? Checkpoints { get; init; }

    /// <summary>Asks to stop.</summary>
    public CancellationToken StopToken { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What was heard.</summary>
    public EventList Heard { get; init; } = new();

    /// <summary>Weight of row 3; 1 of the others.</summary>
    public float Heavy { get; init; } = 1;

    /// <summary>The network.</summary>
    public Network Network { get; } = Examples.Network(Features, [16], Classes);

    /// <summary>The bits of its weights.</summary>
    public float[] Weights => [.. Network.Parameters.SelectMany(parameter => parameter.Values)];

    /// <summary>Cancels where it is called.</summary>
    public static void Cancel() => throw new OperationCanceledException();

    /// <summary>Runs.</summary>
    /// <param name="others">Observers behind the one that hears.</param>
    public TrainingResult Run(params IRunObserver[] others)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device);
        int steps = 0;
        return new TrainingLoop(Network, Options, device, store, Examples.HoldingBack(HeldBack, store.Rows))
        {
            Checkpoints = Checkpoints,
            StopToken = StopToken,
            Time = Time,
            KeepsUnfinished = true,
        }.Run(() => BeforeStep(++steps), [Heard, .. others]);
    }

    /// <summary>Its rows.</summary>
    public RowStore Store(CpuDevice device)
    {
        var random = new Random(1);
        var store = new RowStore(device, Network.FeatureFormat(Options.Precision), Features, hasWeights: true);
        for (int i = 0; i < Rows * Times; i++)
        {
            int label = random.Next(Classes);
            store.Append(
                [.. Enumerable.Range(0, Features).Select(j => ((j % Classes == label ? 48 : 0) + random.Next(-32, 33)) / 64f)],
                label,
                i == 3 ? Heavy : 1f);
        }

        return store;
    }
}
