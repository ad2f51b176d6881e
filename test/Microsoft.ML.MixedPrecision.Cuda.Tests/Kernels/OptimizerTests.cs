using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Optimizers over whole arenas: the bits of the CPU engine, parameter by parameter.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class OptimizerTests : CudaDeviceTest
{
    /// <summary>Every way to keep weights, at lengths around a vector of 4 and a chunk of 2048, not a multiple of anything too.</summary>
    private static readonly (int Elements, NumericFormat Format, bool HasMaster, float Decay)[] Parameters =
    [
        (8, NumericFormat.Float32, true, 0), (5000, NumericFormat.Float32, true, 0.01f), (13, NumericFormat.Float16, true, 0.01f),
        (2048, NumericFormat.Float16, true, 0), (2056, NumericFormat.BFloat16, true, 0.1f), (1, NumericFormat.BFloat16, true, 0),
        (4099, NumericFormat.Float16, false, 0.01f), (777, NumericFormat.BFloat16, false, 0),
    ];

    public static IEnumerable<object[]> Settings =>
    [
        [new OptimizerSettings(OptimizerKind.AdamW, 0, 0.9f, 0.999f, 1e-8f, 0, false), 0f],
        [new OptimizerSettings(OptimizerKind.AdamW, 0, 0.5f, 0.9f, 1e-3f, 0, false), 300f],
        [new OptimizerSettings(OptimizerKind.Sgd, 0, 0, 0, 0, 0, false), 0f],
        [new OptimizerSettings(OptimizerKind.Sgd, 0, 0, 0, 0, 0.9f, false), 300f],
        [new OptimizerSettings(OptimizerKind.Sgd, 0, 0, 0, 0, 0.9f, true), 0f],
    ];

    [TestMethod]
    [DynamicData(nameof(Settings))]
    public void Run_SeveralSteps_HasTheCpusBits(OptimizerSettings settings, float valueLimit)
    {
        using var arenas = new Arenas(this);
        for (int step = 1; step <= 4; step++)
        {
            var scalars = new StepScalars
            {
                Commits = 1,
                Step = step,
                Factor = 1 / 1000f,
                ValueLimit = valueLimit,
                LearningRate = 1e-3f * step,
                DecayFactor = 1 / (float)step,
                BiasCorrection1 = (float)(1 - Math.Pow(0.9, step)),
                BiasCorrection2 = (float)(1 - Math.Pow(0.999, step)),
            };
            long lost = arenas.RunCpu(settings, scalars);
            Assert.AreEqual(lost, arenas.RunCuda(settings, scalars), "updates lost");
            arenas.AssertSame($"step {step}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Settings))]
    public void Run_StepThatDoesNotCommit_WritesNothing(OptimizerSettings settings, float valueLimit)
    {
        using var arenas = new Arenas(this);
        Assert.AreEqual(0, arenas.RunCuda(settings, new StepScalars { Factor = float.NaN, ValueLimit = valueLimit, LearningRate = 1 }));
        arenas.AssertSame("nothing");
    }

    [TestMethod]
    public void Run_UpdatesTooSmall_AreCountedLost()
    {
        using var arenas = new Arenas(this);
        var settings = new OptimizerSettings(OptimizerKind.Sgd, 0, 0, 0, 0, 0, false);
        var scalars = new StepScalars { Commits = 1, Step = 1, Factor = 1e-3f, LearningRate = 1e-6f };
        long lost = arenas.RunCpu(settings, scalars);
        Assert.IsGreaterThan(1000, lost);
        Assert.AreEqual(lost, arenas.RunCuda(settings, scalars));
    }

    /// <summary>Arenas on both engines, filled alike, with values between the parameters that must stay.</summary>
    private sealed class Arenas : IDisposable
    {
        private const float Gap = 12345;

        private readonly OptimizerTests _test;
        private readonly OptimizerRange[] _ranges;
        private readonly TestTensor[] _host = new TestTensor[5];
        private readonly CudaTensor[] _cuda = new CudaTensor[5];
        private readonly DeviceMemory _cudaRanges;
        private readonly int _chunks;

        public Arenas(OptimizerTests test)
        {
            _test = test;
            _ranges = new OptimizerRange[Parameters.Length];
            long offset = 0;
            for (int i = 0; i < _ranges.Length; i++)
            {
                var (elements, format, hasMaster, decay) = Parameters[i];
                _ranges[i] = new OptimizerRange
                {
                    Offset = offset,
                    Elements = elements,
                    ShadowFormat = format,
                    HasMaster = hasMaster ? 1 : 0,
                    WeightDecay = decay,
                    RateFactor = 1 + (i * 0.3f),
                    EpsilonFactor = 1 + i,
                    FrozenSteps = i == 1 ? 2 : 0,
                };
                offset += (elements + 64 + 63) / 64 * 64;
            }
            _chunks = OptimizerRange.CountChunks(_ranges);
            var random = new Random(5);
            for (int arena = 0; arena < 5; arena++)
            {
                _host[arena] = TestTensor.Of(
                    arena == 2 ? NumericFormat.Float16 : NumericFormat.Float32,
                    1,
                    (int)offset,
                    (_, column) => Start(arena, column, random));
                _cuda[arena] = test.Upload(_host[arena]);
            }
            _cudaRanges = test.Upload<OptimizerRange>(_ranges);
        }

        public long RunCpu(OptimizerSettings settings, StepScalars step)
        {
            long lost = 0;
            foreach (OptimizerRange range in _ranges)
            {
                float* At(int arena) => (float*)_host[arena].Value.Address + range.Offset;
                ushort* shadow = range.ShadowFormat.Is16Bit() ? (ushort*)_host[2].Value.Address + range.Offset : null;
                float* master = range.HasMaster == 1 ? At(1) : null;
                if (settings.Kind == OptimizerKind.AdamW)
                {
                    AdamWKernel.Run(_test.Cpu, new AdamWArguments
                    {
                        Count = range.Elements,
                        Gradient = At(0),
                        Master = master,
                        Shadow = shadow,
                        ShadowFormat = range.ShadowFormat,
                        First = At(3),
                        Second = At(4),
                        Factor = step.Factor,
                        ValueLimit = step.ValueLimit,
                        LearningRate = step.Step > range.FrozenSteps ? step.LearningRate * range.RateFactor : 0,
                        Beta1 = settings.Beta1,
                        Beta2 = settings.Beta2,
                        Epsilon = settings.Epsilon * range.EpsilonFactor,
                        WeightDecay = range.WeightDecay * step.DecayFactor,
                        BiasCorrection1 = step.BiasCorrection1,
                        BiasCorrection2 = step.BiasCorrection2,
                        Lost = &lost,
                    });
                }
                else
                {
                    SgdKernel.Run(_test.Cpu, new SgdArguments
                    {
                        Count = range.Elements,
                        Gradient = At(0),
                        Master = master,
                        Shadow = shadow,
                        ShadowFormat = range.ShadowFormat,
                        Velocity = At(3),
                        Factor = step.Factor,
                        ValueLimit = step.ValueLimit,
                        LearningRate = step.Step > range.FrozenSteps ? step.LearningRate * range.RateFactor : 0,
                        Momentum = settings.Momentum,
                        Nesterov = settings.Nesterov,
                        WeightDecay = range.WeightDecay * step.DecayFactor,
                        Lost = &lost,
                    });
                }
            }
            return lost;
        }

        public long RunCuda(OptimizerSettings settings, StepScalars step)
        {
            using DeviceMemory scalars = _test.Upload([step]), lost = _test.Upload<long>([0]);
            var arenas = new OptimizerArenas
            {
                Gradient = _cuda[0].Value.Address,
                Master = _cuda[1].Value.Address,
                Shadow = _cuda[2].Value.Address,
                First = _cuda[3].Value.Address,
                Second = _cuda[4].Value.Address,
                Ranges = _cudaRanges.Address,
                RangeCount = _ranges.Length,
                Step = scalars.Address,
                Lost = lost.Address,
            };
            if (settings.Kind == OptimizerKind.AdamW)
            {
                AdamWKernel.Run(_test.Device, arenas, _chunks, settings);
            }
            else
            {
                SgdKernel.Run(_test.Device, arenas, _chunks, settings);
            }

            return _test.Download<long>(lost)[0];
        }

        public void AssertSame(string what)
        {
            for (int arena = 0; arena < 5; arena++)
            {
                uint[] expected = _host[arena].Bits();
                CollectionAssert.AreEqual(expected, _cuda[arena].Download().Bits(), $"{what}, arena {arena}");
            }
        }

        public void Dispose()
        {
            _cudaRanges.Dispose();
            for (int arena = 0; arena < 5; arena++)
            {
                _host[arena].Dispose();
                _cuda[arena].Dispose();
            }
        }

        private double Start(int arena, int column, Random random)
        {
            double value = random.NextDouble() - 0.5;
            OptimizerRange range = _ranges.LastOrDefault(range => range.Offset <= column);
            if (column >= range.Offset + range.Elements)
            {
                return Gap;
            }

            return arena switch
            {
                0 => value * 1000,
                // Shadows are Float16 or BFloat16 bits: both read them as some number between −2 and 2.
                1 or 2 => value,
                3 => 0,
                _ => 0,
            };
        }
    }
}
