using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>A training whose plan can be left between any two steps and gone on with in another plan. 61 rows of 7 features: 8 steps an
/// epoch, the last one of 5 rows.</summary>
internal sealed record StateCase(string Name)
{
    private const int Rows = 61, Batch = 8, Features = 7;

    /// <summary>Steps of an epoch.</summary>
    public const int StepsAnEpoch = 8;

    /// <summary>Its steps: an epoch and most of a second one.</summary>
    public const int Steps = 14;

    private static readonly LossScaleRule Restless = new(LossScaleKind.Dynamic, 65536, GrowthInterval: 3, Hysteresis: 2);

    public string Policy { get; private init; } = "float32";

    public WeightUpdate Update { get; private init; } = WeightUpdate.Master;

    public LossScaleRule Rule { get; private init; } = LossScaleRule.None;

    public OptimizerSettings Optimizer { get; private init; } = Examples.AdamW;

    public NormalizationKind Normalization { get; private init; }

    public float Dropout { get; private init; }

    public int Accumulation { get; private init; } = 1;

    public bool Probes { get; private init; }

    /// <summary>On a card: 0 where rows are brought over batch by batch.</summary>
    public long? MostDataBytes { get; private init; }

    /// <summary>Weight of every row: large ones overflow in Float16 where the scale has grown.</summary>
    public float Weight { get; private init; } = 1;

    public bool Skips => Weight > 1;

    /// <summary>One case for whatever a state must hold.</summary>
    public static IReadOnlyList<StateCase> All { get; } =
    [
        new("float32"),
        new("float16 with skips") { Policy = "mixed_float16", Rule = Restless, Weight = 256 },
        new("bfloat16") { Policy = "mixed_bfloat16" },
        new("bfloat16 without masters") { Policy = "mixed_bfloat16", Update = WeightUpdate.Plain },
        new("float16 without masters") { Policy = "mixed_float16", Update = WeightUpdate.Plain, Rule = LossScaleRule.Static(64) },
        new("batch norm") { Policy = "mixed_float16", Rule = Restless, Weight = 256, Normalization = NormalizationKind.BatchNorm },
        new("dropout") { Dropout = 0.3f, Policy = "mixed_float16", Rule = Restless, Weight = 256 },
        new("accumulation") { Accumulation = 3, Dropout = 0.3f, Normalization = NormalizationKind.BatchNorm },
        new("momentum") { Optimizer = Examples.AdamW with { Kind = OptimizerKind.Sgd, Momentum = 0.9f, Nesterov = true } },
        new("no moments") { Optimizer = Examples.AdamW with { Kind = OptimizerKind.Sgd } },
        new("streamed") { MostDataBytes = 0, Policy = "mixed_bfloat16" },
        new("probes")
        {
            Policy = "mixed_float16",
            Rule = Restless,
            Weight = 256,
            Probes = true,
            Normalization = NormalizationKind.LayerNorm,
        },
    ];

    public override string ToString() => Name;

    public PrecisionPolicy Precision => PrecisionPolicy.Parse(Policy).WithWeightUpdate(Update);

    public Network Network() => Examples.Network(Features, [9, 9], 3, normalization: Normalization, residual: true, dropout: Dropout);

    public PlanSettings Settings()
        => new(
            Precision,
            Rule,
            Optimizer,
            (Batch + Accumulation - 1) / Accumulation,
            ClipNorm: 5f,
            MeasuresRanges: Probes,
            MostDataBytes: MostDataBytes)
        {
            Seed = 5,
            HasWeights = true,
            Schedule = RateSchedule.Create(LearningRateSchedule.Cosine, 2 * StepsAnEpoch, 0.2f, 0.1f),
        };

    public RowStore Store(CpuDevice device)
        => Examples.Clusters(device, Network().FeatureFormat(Precision), Rows, Features, 3, weight: Weight);

    public TrainingPlan Plan(Device device, TrainingState? state = null) => new(Network(), Settings(), device, state);

    /// <summary>Runs steps of the case, each in its place, and takes their records.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="store">Its rows.</param>
    /// <param name="from">Steps that were run before.</param>
    /// <param name="to">Steps that have run afterwards.</param>
    public List<StepRecord> Run(TrainingPlan plan, RowStore store, int from, int to)
    {
        var order = new RowOrder(Rows, [], seed: 4);
        var parts = new RowParts(Rows, Batch);
        int[] rows = new int[Rows];
        for (int step = from; step < to; step++)
        {
            int place = step % StepsAnEpoch;
            if (step == from || place == 0)
            {
                order.Fill(1 + (step / StepsAnEpoch), rows);
                plan.Steps.BeginEpoch(store, rows, parts.StartOf(place));
            }

            plan.Steps.Take(new StepRequest(parts.RowsOf(place)) { LearningRate = 0.02f, Measure = Probes && step % 2 == 0 });
        }

        plan.Steps.Synchronize();
        var records = new List<StepRecord>();
        while (plan.Records.TryTake(out StepRecord record))
        {
            records.Add(record);
        }

        return records;
    }

    /// <summary>Every byte of weights, 16-bit copies and moments on the device, padding too.</summary>
    public static unsafe byte[] Arenas(TrainingPlan plan, Device device)
    {
        var bytes = new List<byte>();
        foreach (ParameterSlot slot in plan.Parameters.Slots)
        {
            Add(plan.Parameters.Master(slot), slot.Elements * sizeof(float));
            Add(plan.Parameters.Shadow(slot), slot.Elements * sizeof(ushort));
            Add(plan.Parameters.First(slot), slot.Elements * sizeof(float));
            Add(plan.Parameters.Second(slot), slot.Elements * sizeof(float));
        }

        return [.. bytes];

        void Add(void* from, long count)
        {
            byte[] read = new byte[from is null ? 0 : count];
            device.Read<byte>((nint)from, read);
            bytes.AddRange(read);
        }
    }

    /// <summary>The training without a break equals the one that goes on in another plan after each number of steps, on a device of its own
    /// each.</summary>
    public void AssertGoesOn(Func<Device> newDevice)
    {
        using var host = new CpuDevice(1);
        using RowStore store = Store(host);
        using Device device = newDevice();
        using TrainingPlan whole = Plan(device);
        List<StepRecord> expected = Run(whole, store, 0, Steps);
        Assert.AreEqual(Skips, expected.Exists(record => record.FirstNonFinite != NonFinite.None), "the case skips steps, or none");
        Assert.IsTrue(expected.Exists(record => record.FirstNonFinite == NonFinite.None), "and commits some");
        foreach (int stop in new[] { 0, 1, 5, 8, 11 })
        {
            (TrainingState state, byte[] arenas, List<StepRecord> records) = RunUntil(newDevice, store, stop);
            using Device another = newDevice();
            using TrainingPlan resumed = Plan(another, state);
            CollectionAssert.AreEqual(arenas, Arenas(resumed, another), $"the device's bytes after {stop} steps");
            StateAssert.AreEqual(state, resumed.Capture(), $"{stop} steps");

            records.AddRange(Run(resumed, store, stop, Steps));
            CollectionAssert.AreEqual(expected, records, $"records with a break after {stop} steps");
            CollectionAssert.AreEqual(Arenas(whole, device), Arenas(resumed, another), $"the device's bytes at the end, with a break "
                + $"after {stop} steps");
            StateAssert.AreEqual(whole.Capture(), resumed.Capture(), $"at the end, with a break after {stop} steps");
        }
    }

    private (TrainingState State, byte[] Arenas, List<StepRecord> Records) RunUntil(Func<Device> newDevice, RowStore store, int stop)
    {
        using Device device = newDevice();
        using TrainingPlan plan = Plan(device);
        List<StepRecord> records = Run(plan, store, 0, stop);
        return (plan.Capture(), Arenas(plan, device), records);
    }
}
