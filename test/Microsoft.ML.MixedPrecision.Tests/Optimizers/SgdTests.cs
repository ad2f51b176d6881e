using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Optimizers;

[TestClass]
internal sealed unsafe class SgdTests
{
    public static IEnumerable<object[]> Forms => AdamWTests.Forms;

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Run_EverySize_MatchesFormula(SimdPath path, NumericFormat format, bool hasMaster)
    {
        using var device = new CpuDevice(2, path);
        foreach (int count in CpuCases.Sizes.Append(0))
        {
            foreach (var (momentum, nesterov, limit) in new[] { (0f, false, 0f), (0.9f, false, 0f), (0.9f, true, 30f) })
            {
                using var weights = new WeightCase(count, format, hasMaster, seed: count);
                var arguments = Arguments(weights) with { Momentum = momentum, Nesterov = nesterov, ValueLimit = limit };
                SgdKernel.Run(device, arguments);
                weights.AssertPaddingUntouched();
                for (int i = 0; i < count; i++)
                {
                    AssertElement(weights, i, arguments);
                }
            }
        }
    }

    [TestMethod]
    public void Run_FirstStep_StartsWithTheGradient()
    {
        // PyTorch sets buf = g at the first step; from zero the recurrence gives the same.
        using var device = new CpuDevice(1);
        using var weights = new WeightCase(3, NumericFormat.Float32, true);
        for (int i = 0; i < 3; i++)
        {
            weights.First[0, i] = 0;
        }

        SgdKernel.Run(device, Arguments(weights) with { Momentum = 0.9f, WeightDecay = 0 });

        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual((float)weights.Gradient[0, i] / 64, weights.First[0, i]);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Run_LostUpdates_AreCountedInFormPlainOnly(SimdPath path, NumericFormat format, bool hasMaster)
    {
        using var device = new CpuDevice(2, path);
        using var weights = new WeightCase(61, format, hasMaster);
        for (int i = 0; i < 61; i++)
        {
            weights.Gradient[0, i] = i % 3 == 0 ? 0 : i % 5 == 0 ? 64e4 : 64;
            foreach (var tensor in new[] { weights.Master, weights.Shadow })
            {
                if (tensor is not null)
                {
                    tensor[0, i] = 1;
                }
            }
        }
        long lost = 0;
        SgdKernel.Run(device, Arguments(weights) with { WeightDecay = 0, LearningRate = 1e-5f, Lost = &lost });

        Assert.AreEqual(hasMaster ? 0 : Enumerable.Range(0, 61).Count(i => i % 3 != 0 && i % 5 != 0), lost);
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Run_AnyPathAndThreads_GivesSameBits(SimdPath path, NumericFormat format, bool hasMaster)
    {
        using var one = new CpuDevice(1, SimdPath.Portable);
        using var expected = new WeightCase(60_003, format, hasMaster);
        SgdKernel.Run(one, Arguments(expected) with { Momentum = 0.9f, Nesterov = true });
        foreach (int threads in new[] { 1, 3 })
        {
            using var device = new CpuDevice(threads, path);
            using var actual = new WeightCase(60_003, format, hasMaster);
            SgdKernel.Run(device, Arguments(actual) with { Momentum = 0.9f, Nesterov = true });
            CollectionAssert.AreEqual(expected.AllBits(), actual.AllBits());
        }
    }

    [TestMethod]
    public void Run_NoWeightsOrNoVelocity_SaysSo()
    {
        using var device = new CpuDevice(1);
        using var weights = new WeightCase(3, NumericFormat.Float16, true);

        Assert.ThrowsExactly<ArgumentException>(() => SgdKernel.Run(device, Arguments(weights) with { Master = null, Shadow = null }));
        Assert.ThrowsExactly<ArgumentException>(() => SgdKernel.Run(device, Arguments(weights) with { Momentum = 0.9f, Velocity = null }));
        SgdKernel.Run(device, Arguments(weights) with { Velocity = null });
    }

    [TestMethod]
    [DoNotParallelize]
    public void Run_OnceWarm_AllocatesNothing()
    {
        using var device = new CpuDevice(3);
        using var weights = new WeightCase(60_000, NumericFormat.BFloat16, true);

        Allocations.AssertNone(device, () => SgdKernel.Run(device, Arguments(weights)));
    }

    private static SgdArguments Arguments(WeightCase weights) => new()
    {
        Count = weights.Count,
        Gradient = (float*)weights.Gradient.Value.Address,
        Master = weights.MasterAddress,
        Shadow = weights.ShadowAddress,
        ShadowFormat = weights.Format,
        Velocity = (float*)weights.First.Value.Address,
        Factor = 1f / 64,
        LearningRate = 0.01f,
        WeightDecay = 0.1f,
    };

    private static void AssertElement(WeightCase weights, int i, in SgdArguments a)
    {
        var (w, velocity, _) = weights.Before[i];
        double g = weights.Gradient[0, i];
        g = ((a.ValueLimit > 0 ? Math.Clamp(g, -a.ValueLimit, a.ValueLimit) : g) * a.Factor) + (a.WeightDecay * w);
        double direction = g;
        double relative = 4 * NumericFormat.Float32.Epsilon();
        if (a.Momentum != 0)
        {
            velocity = (a.Momentum * velocity) + g;
            direction = a.Nesterov ? g + (a.Momentum * velocity) : velocity;
            Tolerance.AssertClose(velocity, weights.First[0, i], relative, relative, "velocity");
        }
        w -= a.LearningRate * direction;

        // A few roundings of numbers of the size of the terms, at most about 4.
        if (weights.Master is not null)
        {
            Tolerance.AssertClose(w, weights.Master[0, i], relative, relative, "w");
        }

        if (weights.Master is not null && weights.Shadow is not null)
        {
            Assert.AreEqual(ReferenceRounding.Round(weights.Format, weights.Master[0, i]), weights.Shadow[0, i]);
        }
        else if (weights.Shadow is not null)
        {
            Tolerance.AssertClose(w, weights.Shadow[0, i], relative + (ReferenceRounding.Unit(weights.Format, w) / 2), relative, "w");
        }
    }
}
