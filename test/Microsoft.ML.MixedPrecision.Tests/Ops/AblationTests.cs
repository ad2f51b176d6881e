using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Why a 16-bit policy keeps softmax, mask and norms in FP32: what the same formulas give in FP16, beside what the kernels give
/// from and to FP16.</summary>
[TestClass]
public sealed unsafe class AblationTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>Scores are all 0, so that each of 4096 keys has 1/4096 and the mean of ones is 1. In FP16 a sum of ones stops at 2048, as
    /// 2049 is no number there: the shares add up to 2.</summary>
    [TestMethod]
    public void Softmax_InFloat16_LosesHalfOfALongRow()
    {
        const int Steps = 4096, Size = 8;
        Half sum = (Half)0f;
        for (int key = 0; key < Steps; key++)
        {
            sum += (Half)1f;
        }

        double shares = Enumerable.Range(0, Steps).Sum(_ => (double)((Half)1f / sum));
        Assert.AreEqual(2.0, shares, 1e-9, "in FP16");

        using TestTensor qkv = TestTensor.Of(NumericFormat.Float16, Steps, 3 * Size, (_, column) => column < 2 * Size ? 0 : 1);
        using TestTensor y = Attend(qkv, Size, [Steps]);
        for (int row = 0; row < Steps; row += 511)
        {
            Assert.AreEqual(1, y[row, 3], Math.ScaleB(1, -11), $"row {row}");
        }
    }

    /// <summary>A row that may see no key: −10⁹ added to every score leaves them equal, so that the softmax is the mean over padding; in
    /// FP16 it is −∞, and the row NaN. Left out of the softmax, it is 0.</summary>
    [TestMethod]
    public void Mask_AsALargeNegativeNumber_MeansPaddingOrIsNaN()
    {
        const int Steps = 6, Size = 8;
        double[] scores = [0.5, -1, 2, 0, 1, -0.25], values = [1, 2, 3, 4, 5, 6];
        float[] masked = [.. scores.Select(score => (float)score - 1e9f)];
        double[] shares = [.. masked.Select(score => Math.Exp(score - masked.Max()))];
        double mean = shares.Zip(values, (share, value) => share * value).Sum() / shares.Sum();
        Assert.AreEqual(values.Average(), mean, 1e-12, "the mean of what nobody may see");

        Half[] halves = [.. scores.Select(score => (Half)score + (Half)(-1e9f))];
        Assert.IsTrue(Half.IsNegativeInfinity(halves[0]));
        Assert.IsTrue(Half.IsNaN(halves[0] - halves.Max()), "in FP16");

        using TestTensor qkv = TestTensor.Of(NumericFormat.Float16, Steps, 3 * Size, (row, column) => values[row] + column);
        using TestTensor y = Attend(qkv, Size, [2]);
        for (int row = 2; row < Steps; row++)
        {
            Assert.AreEqual(0, y[row, 0], $"row {row}, of no example");
        }
    }

    /// <summary>1024 numbers about 40: their sum in FP16 is counted in steps of 32 at its end, so that the mean is off by more than the
    /// deviation.</summary>
    [TestMethod]
    public void LayerNorm_InFloat16_LosesTheMean()
    {
        const int Columns = 1024;
        double[] x = [.. Enumerable.Range(0, Columns).Select(i => (double)(float)(Half)(40 + (0.5 * Math.Sin(i))))];
        double mean = x.Average(), variance = x.Average(value => (value - mean) * (value - mean));
        double[] expected = [.. x.Select(value => (value - mean) / Math.Sqrt(variance + 1e-5))];

        Half sum = (Half)0f;
        foreach (double value in x)
        {
            sum += (Half)value;
        }

        double wrong = Math.Abs((double)(sum / (Half)Columns) - mean);
        Assert.IsGreaterThan(Math.Sqrt(variance), wrong, "in FP16");

        using TestTensor given = TestTensor.Of(NumericFormat.Float16, 1, Columns, (_, column) => x[column]);
        using TestTensor y = Normalize(given, LayerNormKernel.Epsilon);
        for (int column = 0; column < Columns; column++)
        {
            Assert.AreEqual(expected[column], y[0, column], 2e-3, $"column {column}: FP16's 11 bits of numbers up to 1.5");
        }
    }

    /// <summary>BERT's ε of 10⁻¹² is 0 in FP16: a row of equal numbers is 0·∞. In FP32 it is β.</summary>
    [TestMethod]
    public void LayerNorm_EpsilonInFloat16_IsNothing()
    {
        Assert.IsTrue(Half.IsNaN((Half)0f * ((Half)1f / Half.Sqrt((Half)0f + (Half)1e-12f))), "in FP16");

        using TestTensor given = TestTensor.Of(NumericFormat.Float16, 1, 64, (_, _) => 3);
        using TestTensor y = Normalize(given, 1e-12f);
        for (int column = 0; column < 64; column++)
        {
            Assert.AreEqual(0, y[0, column], $"column {column}");
        }
    }

    private TestTensor Attend(TestTensor qkv, int size, int[] ends)
    {
        var y = new TestTensor(NumericFormat.Float16, qkv.Value.Rows, size);
        fixed (int* first = ends)
        {
            AttentionKernel.Forward(_device, new AttentionArguments
            {
                Shape = new AttentionShape(qkv.Value.Rows, 1, size, Causal: false),
                Qkv = qkv,
                Y = y,
                Places = new ExamplePlaces((nint)first, ends.Length, ends.Max()),
            });
        }

        return y;
    }

    private TestTensor Normalize(TestTensor x, float epsilon)
    {
        var y = new TestTensor(NumericFormat.Float16, x.Value.Rows, x.Value.Columns);
        using TestTensor scale = TestTensor.Of(NumericFormat.Float32, 1, x.Value.Columns, (_, _) => 1);
        using TestTensor shift = TestTensor.Of(NumericFormat.Float32, 1, x.Value.Columns, (_, _) => 0);
        LayerNormKernel.Forward(_device, new LayerNormArguments { X = x, Scale = scale, Shift = shift, Y = y, Epsilon = epsilon });
        return y;
    }
}
