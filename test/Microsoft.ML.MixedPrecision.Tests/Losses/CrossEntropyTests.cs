using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

[TestClass]
internal sealed unsafe class CrossEntropyTests
{
    private static readonly double Epsilon = NumericFormat.Float32.Epsilon();

    public static IEnumerable<object[]> PathsAndStorageFormats => CpuCases.PathsAndStorageFormats;

    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Run_ManyShapes_MatchesFormula(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (int rows in new[] { 1, 2, 63, 65, 130 })
        {
            foreach (int classes in CpuCases.Sizes)
            {
                using var data = new Rows(rows, classes, format, seed: rows + classes);
                data.Run(device, weighted: classes % 2 == 0, divisor: rows + 3, scale: 1024);
                AssertRows(data, classes % 2 == 0, rows + 3, 1024);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_HugeLogits_StaysFinite(SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        using var data = new Rows(2, 19, NumericFormat.Float32, 1);
        for (int column = 0; column < 19; column++)
        {
            data.Logits[0, column] = column == data.Labels[0] ? 3e38 : -3e38;
            data.Logits[1, column] = column == data.Labels[1] ? -1000 : 1000;
        }
        data.Run(device, weighted: false, divisor: 1, scale: 1);

        Assert.AreEqual(0, data.Loss[0]);
        Tolerance.AssertClose(2000 + Math.Log(18), data.Loss[1], 0, 2 * Epsilon, "loss");
        for (int column = 0; column < 19; column++)
        {
            Assert.AreEqual(0, data.Gradient[0, column]);
            Tolerance.AssertClose(column == data.Labels[1] ? -1 : 1.0 / 18, data.Gradient[1, column], 0, 2 * Epsilon, "gradient");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_NotFiniteLogit_MakesLossAndItsRowNaN(SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        foreach (double bad in new[] { double.NaN, double.PositiveInfinity })
        {
            for (int at = 0; at < 19; at++)
            {
                using var data = new Rows(3, 19, NumericFormat.Float16, 1);
                data.Logits[1, at] = bad;
                data.Run(device, weighted: false, divisor: 3, scale: 1);
                Assert.IsTrue(double.IsNaN(data.Loss[1]) && double.IsNaN(data.Sum), $"{bad} at {at}: loss {data.Loss[1]}.");
                for (int column = 0; column < 19; column++)
                {
                    Assert.IsTrue(double.IsNaN(data.Gradient[1, column]));
                    Assert.IsTrue(double.IsFinite(data.Gradient[0, column]) && double.IsFinite(data.Gradient[2, column]));
                }
            }
        }
    }

    [TestMethod]
    public void Run_TinyGradient_IsScaledBeforeItIsRounded()
    {
        // e⁻²⁰ ≈ 2e-9 is 0 in Float16; times 65536 it is an ordinary number.
        using var device = new CpuDevice(1);
        using var data = new Rows(1, 2, NumericFormat.Float16, 1);
        data.Labels[0] = 0;
        (data.Logits[0, 0], data.Logits[0, 1]) = (20, 0);
        data.Run(device, weighted: false, divisor: 1, scale: 65536);

        double expected = 65536 / (1 + Math.Exp(20));
        Tolerance.AssertClose(expected, data.Gradient[0, 1], 0, 1.0 / 2048, "gradient");
    }

    [TestMethod]
    public void Run_ScaledGradientBeyondFormat_IsInfinite()
    {
        using var device = new CpuDevice(1);
        using var data = new Rows(1, 2, NumericFormat.Float16, 1);
        data.Labels[0] = 0;
        (data.Logits[0, 0], data.Logits[0, 1]) = (-20, 0);
        data.Run(device, weighted: false, divisor: 1, scale: 65536);

        Assert.AreEqual(double.NegativeInfinity, data.Gradient[0, 0]);
        Assert.AreEqual(double.PositiveInfinity, data.Gradient[0, 1]);
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_AnyThreads_GivesSameBits(SimdPath path)
    {
        using var one = new Rows(1001, 37, NumericFormat.Float16, 1);
        using var device = new CpuDevice(1, path);
        one.Run(device, weighted: true, divisor: 1001, scale: 8);
        foreach (int threads in new[] { 2, 3 })
        {
            using var several = new CpuDevice(threads, path);
            using var data = new Rows(1001, 37, NumericFormat.Float16, 1);
            data.Run(several, weighted: true, divisor: 1001, scale: 8);
            Assert.AreEqual(one.Sum, data.Sum);
            Assert.AreEqual(one.Correct, data.Correct);
            CollectionAssert.AreEqual(one.Gradient.Bits(), data.Gradient.Bits());
        }
    }

    [TestMethod]
    public void Run_EqualLargestLogits_CountsTheFirst()
    {
        using var device = new CpuDevice(1);
        using var data = new Rows(2, 3, NumericFormat.Float32, 1);
        for (int column = 0; column < 3; column++)
        {
            (data.Logits[0, column], data.Logits[1, column]) = (1, 1);
        }

        (data.Labels[0], data.Labels[1]) = (0, 1);
        data.Run(device, weighted: false, divisor: 2, scale: 1);

        Assert.AreEqual(1, data.Correct);
    }

    [TestMethod]
    public void Run_OnlyTheSum_NeedsNothingElse()
    {
        using var device = new CpuDevice(1);
        using var data = new Rows(5, 3, NumericFormat.Float32, 1);
        double sum;
        fixed (int* labels = data.Labels)
        {
            CrossEntropyKernel.Run(device, new LossArguments { Logits = data.Logits, Targets = labels, LossSum = &sum });
        }

        Tolerance.AssertClose(Enumerable.Range(0, 5).Sum(data.ExpectedLoss), sum, 0, 1e-6, "sum");
    }

    [TestMethod]
    public void Run_NoRows_IsZero()
    {
        using var device = new CpuDevice(1);
        using var data = new Rows(0, 3, NumericFormat.Float32, 1);

        data.Run(device, weighted: false, divisor: 1, scale: 1);

        Assert.AreEqual(0, data.Sum);
        Assert.AreEqual(0, data.Correct);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(3)]
    public void Run_LabelOutOfRange_SaysWhichRow(int label)
    {
        using var device = new CpuDevice(1);
        using var data = new Rows(5, 3, NumericFormat.Float32, 1);
        data.Labels[4] = label;

        var e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => data.Run(device, weighted: false, divisor: 1, scale: 1));

        StringAssert.Contains(e.Message, $"The label of row 4 is {label}; there are classes 0 to 2.");
    }

    [TestMethod]
    public void Run_TensorsThatDoNotFit_SaysSo()
    {
        using var device = new CpuDevice(1);
        using var half = new TestTensor(NumericFormat.Float16, 2, 3);
        using var logits = new TestTensor(NumericFormat.Float32, 2, 3);
        using var other = new TestTensor(NumericFormat.Float32, 3, 2);
        int* labels = stackalloc int[3];
        nint address = (nint)labels;

        Assert.ThrowsExactly<ArgumentException>(
            () => CrossEntropyKernel.Run(device, new LossArguments { Logits = half, Targets = (void*)address }));
        Assert.ThrowsExactly<ArgumentException>(
            () => CrossEntropyKernel.Run(device, new LossArguments { Logits = logits, Targets = (void*)address, Gradient = other }));
        Assert.ThrowsExactly<ArgumentException>(() => CrossEntropyKernel.Run(device, new LossArguments { Logits = logits }));
    }

    [TestMethod]
    [DoNotParallelize]
    public void Run_OnceWarm_AllocatesNothing()
    {
        using var device = new CpuDevice(3);
        using var data = new Rows(500, 37, NumericFormat.Float16, 1);

        Allocations.AssertNone(device, () => data.Run(device, weighted: true, divisor: 500, scale: 8));
    }

    private static void AssertRows(Rows data, bool weighted, double divisor, double scale)
    {
        int rows = data.Logits.Value.Rows, classes = data.Logits.Value.Columns;
        double sum = 0;
        int correct = 0;
        for (int row = 0; row < rows; row++)
        {
            double weight = weighted ? data.Weights[row] : 1;
            double loss = data.ExpectedLoss(row);
            double logSum = data.LogSum(row);
            sum += weight * loss;
            correct += data.IsCorrect(row) ? 1 : 0;
            // Logits reach ±10: differences of 20 carry their own rounding into eˣ.
            Tolerance.AssertClose(loss, data.Loss[row], 20 * Epsilon, 8 * Epsilon, $"loss of row {row}");
            for (int column = 0; column < classes; column++)
            {
                double factor = weight / divisor * scale;
                double expected = (Math.Exp(data.Logits[row, column] - logSum) - (column == data.Labels[row] ? 1 : 0)) * factor;
                double half = ReferenceRounding.Unit(data.Gradient.Value.Format, expected) / 2;
                Tolerance.AssertClose(expected, data.Gradient[row, column], half + (30 * Epsilon * factor), 0, $"({row}, {column})");
            }
        }
        Tolerance.AssertClose(sum / divisor, data.Sum, 20 * Epsilon, 8 * Epsilon, "sum");
        Assert.AreEqual(correct, data.Correct);
        data.Gradient.AssertPaddingUntouched();
    }

    /// <summary>Random rows, with what the loss must be.</summary>
    private sealed class Rows : IDisposable
    {
        public Rows(int rows, int classes, NumericFormat gradientFormat, int seed)
        {
            var random = new Random(seed);
            Logits = TestTensor.Of(NumericFormat.Float32, rows, classes, (_, _) => (random.NextDouble() * 20) - 10, extraPitch: 1);
            Gradient = new TestTensor(gradientFormat, rows, classes, extraPitch: 1);
            Labels = [.. Enumerable.Range(0, rows).Select(_ => random.Next(classes))];
            Weights = [.. Enumerable.Range(0, rows).Select(_ => (float)random.NextDouble() * 3)];
            Loss = new float[rows];
        }

        public TestTensor Logits { get; }

        public TestTensor Gradient { get; }

        public int[] Labels { get; }

        public float[] Weights { get; }

        public float[] Loss { get; }

        public double Sum { get; private set; }

        public int Correct { get; private set; }

        public double LogSum(int row)
        {
            var x = Enumerable.Range(0, Logits.Value.Columns).Select(column => Logits[row, column]).ToArray();
            double largest = x.Max();
            return largest + Math.Log(x.Sum(value => Math.Exp(value - largest)));
        }

        public double ExpectedLoss(int row) => LogSum(row) - Logits[row, Labels[row]];

        public bool IsCorrect(int row)
            => Enumerable.Range(0, Logits.Value.Columns).MaxBy(column => Logits[row, column]) == Labels[row];

        public void Run(CpuDevice device, bool weighted, float divisor, float scale)
        {
            double sum = double.NaN;
            int correct = -1;
            fixed (int* labels = Labels)
            fixed (float* weights = Weights)
            {
                CrossEntropyKernel.Run(device, new LossArguments
                {
                    Logits = Logits,
                    Targets = labels,
                    Weights = weighted ? weights : null,
                    LossSum = &sum,
                    Correct = &correct,
                    Divisor = divisor,
                    Scale = scale,
                    Gradient = Gradient,
                });
            }
            (Sum, Correct) = (sum, correct);
            RunRows(device);
        }

        /// <summary>Each row alone, without weight: its loss.</summary>
        private void RunRows(CpuDevice device)
        {
            double sum;
            fixed (int* labels = Labels)
            {
                for (int row = 0; row < Loss.Length; row++)
                {
                    CrossEntropyKernel.Run(device, new LossArguments { Logits = RowOf(row), Targets = labels + row, LossSum = &sum });
                    Loss[row] = (float)sum;
                }
            }
        }

        private Tensor RowOf(int row) => Logits.Value with { Address = (nint)Logits.Value.Row(row), Rows = 1 };

        public void Dispose()
        {
            Logits.Dispose();
            Gradient.Dispose();
        }
    }
}
