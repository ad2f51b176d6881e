using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Optimizers;

[TestClass]
internal sealed unsafe class AdamWTests
{
    public static IEnumerable<object[]> Forms
        => from path in CpuCases.AllPaths
           from form in new[]
           {
               (NumericFormat.Float32, true),
               (NumericFormat.Float16, true),
               (NumericFormat.BFloat16, true),
               (NumericFormat.Float16, false),
               (NumericFormat.BFloat16, false),
           }
           select new object[] { path, form.Item1, form.Item2 };

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Run_EverySize_MatchesFormula(SimdPath path, NumericFormat format, bool hasMaster)
    {
        using var device = new CpuDevice(2, path);
        foreach (int count in CpuCases.Sizes.Append(0))
        {
            foreach (float limit in new[] { 0f, 30f })
            {
                using var weights = new WeightCase(count, format, hasMaster, seed: count);
                AdamWKernel.Run(device, Arguments(weights) with { ValueLimit = limit });
                weights.AssertPaddingUntouched();
                for (int i = 0; i < count; i++)
                {
                    AssertElement(weights, i, limit);
                }
            }
        }
    }

    [TestMethod]
    public void Run_UpdateBelowUnitOfShadow_MovesMasterOnly()
    {
        // A hundred steps of 1e-5 each are lost one by one in BFloat16 near 1, and arrive through the master.
        using var device = new CpuDevice(1);
        using var weights = new WeightCase(8, NumericFormat.BFloat16, hasMaster: true);
        Reset(weights, 1);
        var arguments = Arguments(weights) with { WeightDecay = 0, LearningRate = 1e-4f };
        AdamWKernel.Run(device, arguments);
        double master = weights.Master![0, 0], shadow = weights.Shadow![0, 0];
        for (int i = 0; i < 100; i++)
        {
            AdamWKernel.Run(device, arguments);
        }

        Assert.IsTrue(master < 1 && shadow == 1, $"After one step: master {master:R}, shadow {shadow:R}.");
        Assert.AreEqual(ReferenceRounding.Round(NumericFormat.BFloat16, weights.Master[0, 0]), weights.Shadow[0, 0]);
        Assert.IsTrue(weights.Shadow[0, 0] < 1);
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Run_LostUpdates_AreCountedInFormPlainOnly(SimdPath path, NumericFormat format, bool hasMaster)
    {
        using var device = new CpuDevice(2, path);
        using var weights = new WeightCase(61, format, hasMaster);
        Reset(weights, 1);
        // Every third element has no gradient: nothing is lost there. One in five moves far enough to be seen.
        for (int i = 0; i < 61; i++)
        {
            weights.Gradient[0, i] = i % 3 == 0 ? 0 : 1;
            if (i % 5 == 0)
            {
                (weights.First[0, i], weights.Second[0, i]) = (100 * weights.Gradient[0, i], 0);
            }
        }
        long lost = 1000;
        AdamWKernel.Run(device, Arguments(weights) with { WeightDecay = 0, LearningRate = 1e-5f, Lost = &lost });

        int expected = Enumerable.Range(0, 61).Count(i => i % 3 != 0 && i % 5 != 0);
        Assert.AreEqual(hasMaster ? 1000 : 1000 + expected, lost);
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void Run_AnyPathAndThreads_GivesSameBits(SimdPath path, NumericFormat format, bool hasMaster)
    {
        using var one = new CpuDevice(1, SimdPath.Portable);
        using var expected = new WeightCase(40_003, format, hasMaster);
        AdamWKernel.Run(one, Arguments(expected));
        foreach (int threads in new[] { 1, 3 })
        {
            using var device = new CpuDevice(threads, path);
            using var actual = new WeightCase(40_003, format, hasMaster);
            AdamWKernel.Run(device, Arguments(actual));
            CollectionAssert.AreEqual(expected.AllBits(), actual.AllBits());
        }
    }

    [TestMethod]
    public void Run_NoWeights_SaysSo()
    {
        using var device = new CpuDevice(1);
        using var weights = new WeightCase(3, NumericFormat.Float16, true);

        Assert.ThrowsExactly<ArgumentException>(() => AdamWKernel.Run(device, Arguments(weights) with { Master = null, Shadow = null }));
        Assert.ThrowsExactly<ArgumentException>(
            () => AdamWKernel.Run(device, Arguments(weights) with { ShadowFormat = NumericFormat.TensorFloat32 }));
    }

    [TestMethod]
    [DoNotParallelize]
    public void Run_OnceWarm_AllocatesNothing()
    {
        using var device = new CpuDevice(3);
        using var weights = new WeightCase(50_000, NumericFormat.Float16, true);

        Allocations.AssertNone(device, () => AdamWKernel.Run(device, Arguments(weights)));
    }

    private static AdamWArguments Arguments(WeightCase weights) => new()
    {
        Count = weights.Count,
        Gradient = (float*)weights.Gradient.Value.Address,
        Master = weights.MasterAddress,
        Shadow = weights.ShadowAddress,
        ShadowFormat = weights.Format,
        First = (float*)weights.First.Value.Address,
        Second = (float*)weights.Second.Value.Address,
        Factor = 1f / 64,
        LearningRate = 0.01f,
        Beta1 = 0.9f,
        Beta2 = 0.999f,
        Epsilon = 1e-8f,
        WeightDecay = 0.1f,
        BiasCorrection1 = 0.271f,
        BiasCorrection2 = 0.002997f,
    };

    /// <summary>All weights w, moments 0, gradient 1.</summary>
    private static void Reset(WeightCase weights, double w)
    {
        for (int i = 0; i < weights.Count; i++)
        {
            foreach (var tensor in new[] { weights.Master, weights.Shadow })
            {
                if (tensor is not null)
                {
                    tensor[0, i] = w;
                }
            }
            (weights.First[0, i], weights.Second[0, i], weights.Gradient[0, i]) = (0, 0, 1);
        }
    }

    private static void AssertElement(WeightCase weights, int i, double limit)
    {
        var a = Arguments(weights);
        var (w, m, v) = weights.Before[i];
        double g = weights.Gradient[0, i];
        g = (limit > 0 ? Math.Clamp(g, -limit, limit) : g) * a.Factor;
        m = (a.Beta1 * m) + ((1 - a.Beta1) * g);
        v = (a.Beta2 * v) + ((1 - a.Beta2) * g * g);
        double direction = m / a.BiasCorrection1 / (Math.Sqrt(v / a.BiasCorrection2) + a.Epsilon);
        w -= a.LearningRate * (direction + (a.WeightDecay * w));

        // A few roundings of numbers of the size of the terms; m may cancel.
        double relative = 4 * NumericFormat.Float32.Epsilon();
        Tolerance.AssertClose(m, weights.First[0, i], relative, relative, "m");
        Tolerance.AssertClose(v, weights.Second[0, i], 0, relative, "v");
        double moved = relative * (1 + (a.LearningRate * 20));
        if (weights.Master is not null)
        {
            Tolerance.AssertClose(w, weights.Master[0, i], moved, relative, "w");
        }

        if (weights.Master is not null && weights.Shadow is not null)
        {
            Assert.AreEqual(ReferenceRounding.Round(weights.Format, weights.Master[0, i]), weights.Shadow[0, i]);
        }
        else if (weights.Shadow is not null)
        {
            Tolerance.AssertClose(w, weights.Shadow[0, i], moved + (ReferenceRounding.Unit(weights.Format, w) / 2), relative, "w");
        }
    }
}
