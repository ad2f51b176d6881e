using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Checkpoints;

/// <summary>A run that can be stopped: 60 rows, some of which may be so heavy that their gradients overflow in Float16.</summary>
internal sealed record ResumeCase(string Name)
{
    private const int Rows = 60, Features = 5, Classes = 3;

    private static readonly TrainingOptions Plain = new()
    {
        Precision = PrecisionPolicy.Float32,
        BatchSize = 8,
        Epochs = 4,
        LearningRate = 0.01f,
        Seed = 3,
    };

    public TrainingOptions Options { get; private init; } = Plain;

    public NormalizationKind Normalization { get; private init; }

    public float Dropout { get; private init; }

    /// <summary>Weight of row 13; 1 of the others.</summary>
    public float Heavy { get; private init; } = 1;

    /// <summary>Whether row 20 has a feature that is NaN, so that its steps are lost in the forward pass.</summary>
    public bool HasNaN { get; private init; }

    public float HeldBack { get; private init; }

    public int[] Hidden { get; private init; } = [9, 9];

    /// <summary>One case for whatever a run must remember.</summary>
    public static IReadOnlyList<ResumeCase> All { get; } =
    [
        new("float32"),
        new("bfloat16 without masters")
        {
            Options = Plain with { Precision = PrecisionPolicy.MixedBFloat16.WithWeightUpdate(WeightUpdate.Plain) },
        },
        new("float16 with retries") { Options = Float16(LossScaling.Dynamic(growthInterval: 5)), Heavy = 65536 },
        new("float16 with a row that is lost")
        {
            Options = Float16(LossScaling.Dynamic(growthInterval: 7)) with { RetryPasses = 3 },
            Heavy = 1099511627776f,
        },
        new("a row that is lost at the floor")
        {
            Options = Float16(LossScaling.Dynamic(initialScale: 2)) with { Epochs = 16 },
            Heavy = 1099511627776f,
        },
        new("outputs not finite beside retries")
        {
            Options = Float16(LossScaling.Dynamic(growthInterval: 5)),
            Heavy = 65536,
            HasNaN = true,
        },
        new("rows that overflow again and again")
        {
            Options = Float16(LossScaling.Static(65536)) with { Epochs = 6, BatchSize = 4 },
            Heavy = 65536,
            Hidden = [4],
        },
        new("stuck at the floor") { Options = Float16(LossScaling.Static(16777216)) with { BatchSize = 3 }, Heavy = 1, Hidden = [4] },
        new("measured") { Options = Float16(LossScaling.Measured()), Heavy = 16 },
        new("lost gradient") { Options = Float16(LossScaling.Static(1)) with { RangeProbeInterval = 2 }, Heavy = 1e-9f, Hidden = [4] },
        new("batch norm")
        {
            Normalization = NormalizationKind.BatchNorm,
            Options = Float16(LossScaling.Dynamic(growthInterval: 5)),
            Heavy = 65536,
        },
        new("dropout and probes") { Dropout = 0.3f, Options = Plain with { RangeProbeInterval = 3 } },
        new("accumulation")
        {
            Dropout = 0.2f,
            Normalization = NormalizationKind.BatchNorm,
            Options = Plain with { BatchSize = 4, GradientAccumulationSteps = 3 },
        },
        new("momentum and a schedule")
        {
            Options = Plain with
            {
                RetryPasses = 5, Optimizer = OptimizerKind.Sgd,
                Momentum = 0.9f,
                Schedule = LearningRateSchedule.Cosine,
                WarmupFraction = 0.2f,
                ClipNorm = 1,
            },
        },
        new("early stopping") { HeldBack = 0.3f, Options = Plain with { Epochs = 40, EarlyStoppingPatience = 2, LearningRate = 0.03f } },
        new("validation loss not finite")
        {
            HeldBack = 0.3f,
            Options = Plain with { Epochs = 5, EarlyStoppingPatience = 2, LearningRate = 1e18f },
        },
    ];

    public override string ToString() => Name;

    private static TrainingOptions Float16(LossScaling scaling)
        => Plain with { Precision = PrecisionPolicy.MixedFloat16, LossScaling = scaling };

    /// <summary>Runs, from the checkpoint that there is, until it is stopped or done.</summary>
    /// <param name="checkpoints">Where they are; null for none.</param>
    /// <param name="stopBefore">Number of the step, from 1, before which this process is cancelled; null for none.</param>
    /// <param name="keeps">Whether it is stopped and keeps what it has learned, rather than cancelled.</param>
    /// <returns>What the run left; null if it was cancelled.</returns>
    public Outcome? Run(ICheckpoints? checkpoints, int? stopBefore = null, bool keeps = false)
    {
        using var stop = new CancellationTokenSource();
        using var device = new CpuDevice(2);
        Network network = Examples.Network(Features, Hidden, Classes, normalization: Normalization, dropout: Dropout);
        using RowStore store = Store(device, network);
        RowOrder order = HeldBack == 0 ? new RowOrder(store.Rows, [], Options.Seed) : Examples.HoldingBack(HeldBack, Rows);
        var log = new List<string>();
        var last = new KeptCheckpoints();
        int calls = 0;
        try
        {
            TrainingResult result =
                new TrainingLoop(network, Options, device, store, order)
                {
                    Checkpoints = checkpoints ?? last,
                    StopToken = stop.Token,
                }.Run(null, log.Add, () => End(++calls == stopBefore, keeps ? stop : null));
            return new Outcome(
                result,
                [.. network.Stored.Select(matrix => matrix.Values)],
                (checkpoints as KeptCheckpoints ?? last).Latest);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static void End(bool now, CancellationTokenSource? stop)
    {
        if (now && stop is null)
        {
            throw new OperationCanceledException();
        }

        if (now)
        {
            stop!.Cancel();
        }
    }

    private RowStore Store(CpuDevice device, Network network)
    {
        var store = new RowStore(device, network.FeatureFormat(Options.Precision), Features, hasWeights: true);
        var random = new Random(2);
        for (int i = 0; i < Rows; i++)
        {
            float[] row = [.. Enumerable.Range(0, Features).Select(_ => random.Next(-64, 65) / 64f)];
            row[1] = HasNaN && i == 20 ? float.NaN : row[1];
            int label = i % 7 == 0 ? random.Next(Classes) : row[0] > 0.3f ? 2 : row[0] > -0.3f ? 1 : 0;
            store.Append(row, label, Heavy < 1 ? Heavy : i == 13 ? Heavy : 1f);
        }

        return store;
    }

    /// <summary>What a run leaves.</summary>
    /// <param name="Result">What is told.</param>
    /// <param name="Stored">The network's matrices.</param>
    /// <param name="Last">The checkpoint at its end.</param>
    internal sealed record Outcome(TrainingResult Result, float[][] Stored, RunCheckpoint Last);
}
