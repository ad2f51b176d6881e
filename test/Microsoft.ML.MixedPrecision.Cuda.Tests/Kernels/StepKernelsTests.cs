using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Finite check, decision, record and loss scale on the card.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class StepKernelsTests : CudaDeviceTest
{
    private const int Capacity = 7;

    public static IEnumerable<object[]> Rules =>
    [
        [LossScaleRule.None],
        [LossScaleRule.Static(128)],
        [new LossScaleRule(LossScaleKind.Dynamic, 65536, GrowthInterval: 5)],
        [new LossScaleRule(LossScaleKind.Dynamic, 65536, GrowthInterval: 3, Hysteresis: 2, MinScale: 0, MaxScale: float.MaxValue)],
        [new LossScaleRule(LossScaleKind.Dynamic, 16777216, GrowthFactor: 3, BackoffFactor: 0.3f, GrowthInterval: 1)],
        [new LossScaleRule(LossScaleKind.Dynamic, 4, GrowthInterval: 2, MinScale: 0, MaxScale: float.PositiveInfinity)],
        [new LossScaleRule(LossScaleKind.DeepSpeed, 65536, GrowthInterval: 4, Hysteresis: 2, MaxScale: float.PositiveInfinity)],
        [new LossScaleRule(LossScaleKind.DeepSpeed, 8, GrowthInterval: 2, Hysteresis: 1, MaxScale: float.PositiveInfinity)],
    ];

    [TestMethod]
    [DynamicData(nameof(Rules))]
    public void Commit_InjectedOverflows_FollowsTheCpusTrajectory(LossScaleRule rule)
    {
        using var step = new Step(this, rule, [new OptimizerRange { Elements = 100 }], 100);
        LossScaleState expected = LossScaleState.Initial(rule);
        var random = new Random(3);
        for (int attempt = 1; attempt <= 400; attempt++)
        {
            // Quiet stretches, for growth, and bursts, for the floor.
            bool overflow = random.NextDouble() < (attempt / 40 % 2 == 0 ? 0.05 : 0.6);
            float scale = expected.Scale;
            bool usable = scale > 0 && float.IsFinite(1 / scale) && float.IsFinite(scale);
            step.SetGradient(17, overflow ? float.PositiveInfinity : 0);
            step.Run(rows: 3);
            expected.Update(rule, nonFinite: overflow || !usable);

            (RunBlock run, PhaseBlock phase) = (step.RunBlock, step.Phase);
            Assert.AreEqual(expected, phase.Scale, $"attempt {attempt}");
            StepRecord record = step.Records[(attempt - 1) % Capacity];
            Assert.AreEqual(attempt, record.Attempt);
            Assert.AreEqual(scale, record.Scale);
            Assert.AreEqual((3, 7), (record.Rows, record.Positions));
            Assert.AreEqual(overflow || !usable, record.FirstNonFinite != NonFinite.None, $"attempt {attempt}");
            Assert.AreEqual(attempt, phase.Commit.Step + phase.Commit.Skips);
            Assert.AreEqual(phase.Commit.Step, record.Step);
            Assert.AreEqual(3L * attempt, run.Cursor);
            Assert.AreEqual((record.Step, 0L), (run.Position.Step, run.Position.Row), "where the next step stands");
        }
    }

    [TestMethod]
    [DataRow(0f, 0f)]
    [DataRow(0.5f, 0f)]
    [DataRow(1e9f, 0.25f)]
    public void Commit_FiniteGradients_WritesWhatTheOptimizerReads(float clipNorm, float clipValue)
    {
        const int Count = 100_003;
        using var step = new Step(
            this,
            LossScaleRule.Static(256),
            [new OptimizerRange { Elements = Count }],
            Count)
        { ClipNorm = clipNorm, ClipValue = clipValue };
        float[] gradients = [.. Enumerable.Range(0, Count).Select(i => ((i * 37 % 1001) - 500) / 16f)];
        step.SetGradients(gradients);
        double norm = Math.Sqrt(gradients.Sum(g => (double)g * g)) / 256;
        for (int t = 1; t <= 50; t++)
        {
            step.Run(rows: 8);
            PhaseBlock phase = step.Phase;
            float coefficient = clipNorm > 0 ? (float)Math.Min(1, clipNorm / (norm + 1e-6)) : 1;
            Tolerance.AssertClose(norm, phase.Commit.Norm, 0, 1e-12, "norm");
            Tolerance.AssertClose(coefficient, phase.Commit.Coefficient, 0, 1.2e-7, "coefficient");
            Assert.AreEqual(1, phase.Scalars.Commits);
            Assert.AreEqual(phase.Commit.Coefficient / 256, phase.Scalars.Factor);
            Assert.AreEqual(clipValue * 256, phase.Scalars.ValueLimit);
            Assert.AreEqual(Step.LearningRate, phase.Scalars.LearningRate);
            Tolerance.AssertClose((float)(1 - Math.Pow(0.9f, t)), phase.Scalars.BiasCorrection1, 0, 6e-8, $"1 - 0.9^{t}");
            Tolerance.AssertClose((float)(1 - Math.Pow(0.999f, t)), phase.Scalars.BiasCorrection2, 0, 6e-8, $"1 - 0.999^{t}");
            Assert.AreEqual(42L * t, phase.Commit.Updates);
        }
    }

    [TestMethod]
    [DataRow(0, float.NaN, 0)]
    [DataRow(99, float.PositiveInfinity, 0)]
    [DataRow(128, float.NegativeInfinity, 1)]
    [DataRow(5_000_000, float.NaN, 2)]
    [DataRow(5_000_127, float.NaN, 2)]
    public void Commit_GradientNotFinite_NamesTheFirstParameter(int element, float value, int slot)
    {
        const int Count = 5_000_128;
        using var step = new Step(
            this,
            LossScaleRule.Static(1),
            [
                new OptimizerRange { Elements = 100 },
                new OptimizerRange { Offset = 128, Elements = 64 },
                new OptimizerRange { Offset = 192, Elements = Count - 192 }],
            Count);
        step.SetGradient(element, value);
        step.SetGradient(Count - 1, float.NaN);
        step.Run(rows: 1);
        Assert.AreEqual(slot, step.Phase.Commit.FirstNonFinite);
        Assert.AreEqual(0, step.Phase.Scalars.Commits);
        Assert.AreEqual(0L, step.Phase.Commit.Step);
    }

    [TestMethod]
    public void Commit_NormBeyondFloat32_IsASkip()
    {
        using var step = new Step(this, LossScaleRule.Static(1e-30f), [new OptimizerRange { Elements = 8 }], 8);
        step.SetGradient(0, 1e20f);
        step.Run(rows: 1);
        Assert.AreEqual(NonFinite.Norm, step.Phase.Commit.FirstNonFinite);
        Assert.AreEqual(1L, step.Phase.Commit.Skips);
    }

    /// <summary>AdamW squares in Float32, whose largest number is just below 2¹²⁸: a norm must be below 2⁶⁴ once clipped.</summary>
    [TestMethod]
    [DataRow(63, 0f, 0f, true, true)]
    [DataRow(64, 0f, 0f, true, false)]
    [DataRow(64, 0f, 0f, false, true)]
    [DataRow(64, 1f, 0f, true, true)]
    [DataRow(64, 0f, 1f, true, true)]
    public void Commit_NormWhoseSquareIsBeyondFloat32_IsASkipForWhatSquaresIt(
        int exponent,
        float clipNorm,
        float clipValue,
        bool squares,
        bool commits)
    {
        using var step = new Step(this, LossScaleRule.Static(1), [new OptimizerRange { Elements = 8 }], 8)
        {
            ClipNorm = clipNorm,
            ClipValue = clipValue,
            LargestNorm = (Examples.AdamW with { Kind = squares ? OptimizerKind.AdamW : OptimizerKind.Sgd }).LargestNorm,
        };
        step.SetGradient(3, MathF.ScaleB(1f, exponent));
        step.Run(rows: 1);
        Assert.AreEqual(commits ? NonFinite.None : NonFinite.Norm, step.Phase.Commit.FirstNonFinite);
        Assert.AreEqual(commits ? 1L : 0L, step.Phase.Commit.Step);
    }

    [TestMethod]
    public void Commit_EveryCount_HasTheNormOfAllElements()
    {
        foreach (int count in (int[])[1, 3, 4, 1023, 1025, 4096, 4097, 123_457, (4096 * 1024) + 5])
        {
            float[] gradients = [.. Enumerable.Range(0, count).Select(i => ((i % 2001) - 1000) * 1e15f)];
            using var step = new Step(this, LossScaleRule.Static(1), [new OptimizerRange { Elements = count }], count);
            step.SetGradients(gradients);
            step.Run(rows: 1);
            Tolerance.AssertClose(Math.Sqrt(gradients.Sum(g => (double)g * g)), step.Phase.Commit.Norm, 0, 1e-10, $"{count} elements");
            Assert.AreEqual(NonFinite.None, step.Phase.Commit.FirstNonFinite);
        }
    }

    /// <summary>A step's memory on the card, and its kernels in order, without an optimizer.</summary>
    private sealed class Step : IDisposable
    {
        public const float LearningRate = 0.125f;

        private readonly StepKernelsTests _test;
        private readonly LossScaleRule _rule;
        private readonly int _count;
        private readonly int _ranges;
        private readonly DeviceMemory _runBlock;
        private readonly DeviceMemory _phase;
        private readonly DeviceMemory _records;
        private readonly DeviceMemory _partials;
        private readonly DeviceMemory _places;
        private readonly DeviceMemory _gradients;
        private readonly DeviceMemory _learningRate;

        public Step(StepKernelsTests test, LossScaleRule rule, OptimizerRange[] ranges, int count)
        {
            (_test, _rule, _count, _ranges) = (test, rule, count, ranges.Length);
            OptimizerRange.CountChunks(ranges);
            _runBlock = test.Upload([default(RunBlock)]);
            _phase = test.Upload([new PhaseBlock { Scale = LossScaleState.Initial(rule) }]);
            _records = test.Upload<StepRecord>(new StepRecord[Capacity]);
            _partials = test.Device.Allocate(16L * FiniteCheckKernel.CountPartials(count));
            _places = test.Upload<OptimizerRange>(ranges);
            _gradients = test.Device.Allocate(sizeof(float) * (long)count);
            _learningRate = test.Upload<float>([LearningRate]);
        }

        public float ClipNorm { get; init; }

        public float ClipValue { get; init; }

        public float LargestNorm { get; init; } = float.MaxValue;

        public RunBlock RunBlock => _test.Download<RunBlock>(_runBlock)[0];

        public PhaseBlock Phase => _test.Download<PhaseBlock>(_phase)[0];

        public StepRecord[] Records => _test.Download<StepRecord>(_records);

        public void SetGradient(int element, float value)
            => _test.Device.Stream.Write<float>(_gradients.Address + (sizeof(float) * (nint)element), [value]);

        public void SetGradients(float[] values) => _test.Device.Stream.Write<float>(_gradients.Address, values);

        public void Run(int rows)
        {
            var arguments = new CommitArguments
            {
                Run = _runBlock.Address,
                Phase = _phase.Address,
                Records = _records.Address,
                Partials = _partials.Address,
                Ranges = _places.Address,
                LearningRate = _learningRate.Address,
                PlainWeights = 42,
                Rule = _rule,
                ClipNorm = ClipNorm,
                ClipValue = ClipValue,
                Beta1 = 0.9f,
                Beta2 = 0.999f,
                LargestNorm = LargestNorm,
                Gradients = _gradients.Address,
                Counter = _test.Device.Counters,
                Elements = _count,
                RangeCount = _ranges,
                Capacity = Capacity,
            };
            StepKernels.Begin(_test.Device, arguments, rows, positions: rows + 4);
            StepKernels.AdvanceCursor(_test.Device, arguments, rows - 1);
            StepKernels.Commit(_test.Device, arguments, rows: 1);
        }

        public void Dispose()
        {
            foreach (DeviceMemory memory in (DeviceMemory[])[_runBlock, _phase, _records, _partials, _places, _gradients, _learningRate])
            {
                memory.Dispose();
            }
        }
    }
}
