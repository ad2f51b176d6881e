using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

[TestClass]
internal sealed unsafe class VectorMathTests
{
    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Exp_OverWholeRange_IsWithinTwoUnits(SimdPath path)
    {
        const int Count = 200_000;
        var x = new float[Count];
        for (int i = 0; i < Count; i++)
        {
            x[i] = -106f + (196f * i / Count);
        }

        var y = Exp(path, x);

        for (int i = 0; i < Count; i++)
        {
            double expected = Math.Exp(x[i]);
            // Two units of Float32, whose spacing is constant below its smallest normal value.
            if (expected > float.MaxValue)
            {
                Assert.AreEqual(float.PositiveInfinity, y[i]);
            }
            else
            {
                Tolerance.AssertClose(expected, y[i], 1.5e-45, 2 * Math.ScaleB(1, -23), $"{path}: e^{x[i]:R}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Exp_AtLimits_IsExact(SimdPath path)
    {
        float[] x = [
            0f,
            -0f,
            float.PositiveInfinity,
            float.NegativeInfinity,
            float.NaN,
            88.72283f,
            88.72284f,
            -103.97f,
            -104f,
            -1e30f,
            1e30f,
            float.Epsilon,
            1f,
            -1f,
            2f,
            3f,
            4f];
        var y = Exp(path, x);

        Assert.AreEqual(1f, y[0]);
        Assert.AreEqual(1f, y[1]);
        Assert.AreEqual(float.PositiveInfinity, y[2]);
        Assert.AreEqual(0f, y[3]);
        Assert.IsTrue(float.IsNaN(y[4]));
        Assert.IsTrue(float.IsFinite(y[5]));
        Assert.AreEqual(float.PositiveInfinity, y[6]);
        Assert.AreEqual(float.Epsilon, y[7]);
        Assert.AreEqual(0f, y[8]);
        Assert.AreEqual(0f, y[9]);
        Assert.AreEqual(float.PositiveInfinity, y[10]);
        Assert.AreEqual(1f, y[11]);
    }

    [TestMethod]
    public void Exp_AllPaths_GiveSameBits()
    {
        var random = new Random(5);
        var x = Enumerable.Range(0, 20_001).Select(_ => (float)((random.NextDouble() * 200) - 110)).ToArray();
        var expected = Exp(SimdPath.Portable, x);

        foreach (var path in CpuCases.AllPaths)
        {
            CollectionAssert.AreEqual(expected, Exp(path, x), path.ToString());
        }
    }

    private static float[] Exp(SimdPath path, float[] x)
    {
        var y = new float[x.Length];
        fixed (float* source = x, target = y)
        {
            var kernel = new ExpKernel(source, target, x.Length);
            path.Dispatch(ref kernel);
        }
        return y;
    }

    private readonly struct ExpKernel(float* x, float* y, int count) : IVectorKernel
    {
        public void Run<TLanes, TVector>()
            where TLanes : struct, ILanes<TVector>
            where TVector : unmanaged
        {
            int i = 0;
            for (; i <= count - TLanes.Count; i += TLanes.Count)
            {
                TLanes.Store(VectorMath<TLanes, TVector>.Exp(TLanes.Load(x + i)), y + i);
            }

            for (; i < count; i++)
            {
                y[i] = VectorMath<LanesPortable, float>.Exp(x[i]);
            }
        }
    }
}
