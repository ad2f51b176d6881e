using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Cross-entropy and softmax against binary64 and the CPU engine.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class CrossEntropyTests : CudaDeviceTest
{
    private const float Scale = 1024;

    public static IEnumerable<object[]> Formats
        => from format in StorageFormats
           from weighted in new[] { false, true }
           from smoothing in new[] { 0f, 0.1f }
           select new object[] { format, weighted, smoothing };

    private static (int Rows, int Classes)[] Sizes => [(1, 1), (7, 2), (64, 10), (100, 31), (33, 33), (1000, 10), (20, 1000)];

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Run_EverySize_IsTheFormulaAndAgreesWithTheCpu(NumericFormat format, bool weighted, float smoothing)
    {
        foreach ((int rows, int classes) in Sizes)
        {
            using TestTensor x = TestTensor.Of(NumericFormat.Float32, rows, classes, Logit),
            gradient = new(format, rows, classes),
            cpuGradient = new(format, rows, classes);
            int[] labels = [.. Enumerable.Range(0, rows).Select(row => row * 7 % classes)];
            float[] weights = [.. Enumerable.Range(0, rows).Select(row => weighted ? 0.5f + (row % 5) : 1)];
            Results cuda = RunCuda(x, labels, weighted ? weights : null, rows + 3, gradient, smoothing: smoothing);
            (double cpuLoss, int cpuCorrect) = RunCpu(x, labels, weights, rows + 3, cpuGradient, smoothing);

            (double loss, double[,] dx) = Reference(x, labels, weights, rows + 3, smoothing);
            string what = $"{format} ({rows}, {classes}), smoothed by {smoothing}";
            Tolerance.AssertClose(loss, cuda.Loss, 1e-7, 2e-6, $"loss {what}");
            Tolerance.AssertClose(cpuLoss, cuda.Loss, 1e-7, 1e-6, $"loss beside the CPU's {what}");
            Assert.AreEqual(cpuCorrect, cuda.Correct, what);
            Assert.AreEqual(-1, cuda.FirstNonFinite, what);
            double epsilon = format.Is16Bit() ? format.Epsilon() / 2 : 0;
            for (int i = 0; i < rows * classes; i++)
            {
                var (row, column) = Math.DivRem(i, classes);
                Tolerance.AssertClose(
                    dx[row, column],
                    gradient[row, column],
                    Scale / (rows + 3) * 1e-6,
                    epsilon + 2e-6,
                    $"{what} ({row}, {column})");
                Tolerance.AssertClose(cpuGradient[row, column], gradient[row, column], Scale / (rows + 3) * 5e-7, (2 * epsilon) + 2e-6,
                    $"{what} beside the CPU's ({row}, {column})");
            }
            gradient.AssertPaddingUntouched();
        }
    }

    [TestMethod]
    [DataRow(double.NaN, -3)]
    [DataRow(double.PositiveInfinity, -3)]
    [DataRow(double.NegativeInfinity, -3)]
    public void Run_LogitNotFinite_IsFound(double logit, int found)
    {
        using TestTensor x = TestTensor.Of(
            NumericFormat.Float32,
            70,
            12,
            (row, column) => row == 66 && column == 11 ? logit : 0), gradient = new(NumericFormat.Float16, 70, 12);
        Results results = RunCuda(x, new int[70], null, 70, gradient);
        Assert.AreEqual(found, results.FirstNonFinite);
        Assert.AreEqual(logit is not double.NegativeInfinity, double.IsNaN(results.Loss));
        Assert.AreEqual(logit is not double.NegativeInfinity, double.IsNaN(gradient[66, 0]));
        Assert.IsFalse(double.IsNaN(gradient[65, 0]));
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(12)]
    public void Run_LabelThatIsNoClass_GivesNaN(int label)
    {
        using TestTensor x = new(NumericFormat.Float32, 5, 12), gradient = new(NumericFormat.BFloat16, 5, 12);
        Results results = RunCuda(x, [0, 1, label, 3, 4], null, 5, gradient);
        Assert.IsTrue(double.IsNaN(results.Loss));
        Assert.AreEqual(-2, results.FirstNonFinite);
        Assert.IsTrue(Enumerable.Range(0, 12).All(column => double.IsNaN(gradient[2, column])));
    }

    [TestMethod]
    public void Run_LabelThatIsNoClassSmoothed_GivesNaN()
    {
        using TestTensor x = new(NumericFormat.Float32, 5, 12), gradient = new(NumericFormat.BFloat16, 5, 12);
        Results results = RunCuda(x, [0, 1, 12, 3, 4], null, 5, gradient, smoothing: 0.1f);
        Assert.IsTrue(double.IsNaN(results.Loss));
        Assert.AreEqual(-2, results.FirstNonFinite);
        Assert.IsTrue(Enumerable.Range(0, 12).All(column => double.IsNaN(gradient[2, column])));
    }

    [TestMethod]
    public void Run_TwoMicroBatches_AddsTheirLosses()
    {
        using TestTensor x = TestTensor.Of(NumericFormat.Float32, 9, 4, Logit), gradient = new(NumericFormat.Float32, 9, 4);
        int[] labels = [0, 1, 2, 3, 0, 1, 2, 3, 0];
        double once = RunCuda(x, labels, null, 18, gradient).Loss;
        double twice = RunCuda(x, labels, null, 18, gradient, startingLoss: once).Loss;
        Assert.AreEqual(2 * once, twice);
    }

    /// <summary>A quarter of the loss, added, and of its gradient; powers of two are exact.</summary>
    [TestMethod]
    public void Run_WithAFactor_CountsSoMuch()
    {
        using TestTensor x = TestTensor.Of(NumericFormat.Float32, 9, 4, Logit), gradient = new(NumericFormat.Float32, 9, 4),
            quarter = new(NumericFormat.Float32, 9, 4);
        int[] labels = [0, 1, 2, 3, 0, 1, 2, 3, 0];
        double once = RunCuda(x, labels, null, 18, gradient).Loss;

        Assert.AreEqual(3 + (once / 4), RunCuda(x, labels, null, 18, quarter, startingLoss: 3, factor: 0.25f).Loss);
        for (int i = 0; i < 9 * 4; i++)
        {
            Assert.AreEqual(gradient[i / 4, i % 4] / 4, quarter[i / 4, i % 4]);
        }
    }

    [TestMethod]
    public void Run_Twice_GivesTheSameBits()
    {
        using TestTensor x =
            TestTensor.Of(NumericFormat.Float32, 3000, 17, Logit), first = new(NumericFormat.BFloat16, 3000, 17), second = new(
            NumericFormat.BFloat16,
            3000,
            17);
        int[] labels = [.. Enumerable.Range(0, 3000).Select(row => row % 17)];
        Assert.AreEqual(RunCuda(x, labels, null, 3000, first).Loss, RunCuda(x, labels, null, 3000, second).Loss);
        AssertSameBits(first, second, "again");
    }

    [TestMethod]
    public void Softmax_EverySize_IsTheFormula()
    {
        foreach ((int rows, int classes) in Sizes)
        {
            using TestTensor x = TestTensor.Of(
                NumericFormat.Float32,
                rows,
                classes,
                (row, column) => 100 * Logit(row, column)), y = new(NumericFormat.Float32, rows, classes);
            using CudaTensor cudaX = Upload(x), cudaY = Upload(y);
            Softmax.Run(Device, cudaX, cudaY);
            cudaY.Download();
            for (int row = 0; row < rows; row++)
            {
                double[] e = Exponentials(x, row);
                for (int column = 0; column < classes; column++)
                {
                    Tolerance.AssertClose(e[column] / e.Sum(), y[row, column], 1e-38, 3e-6, $"({row}, {column}) of ({rows}, {classes})");
                }
            }
            y.AssertPaddingUntouched();
        }
    }

    private static double Logit(int row, int column) => (((((row * 31) + column) * 2654435761u) % 1000) / 125.0) - 4;

    private static double[] Exponentials(TestTensor x, int row)
    {
        double[] logits = [.. Enumerable.Range(0, x.Value.Columns).Select(column => x[row, column])];
        return [.. logits.Select(logit => Math.Exp(logit - logits.Max()))];
    }

    private static (double Loss, double[,] Gradient) Reference(TestTensor x, int[] labels, float[] weights, int divisor, float smoothing)
    {
        var gradient = new double[x.Value.Rows, x.Value.Columns];
        double loss = 0;
        for (int row = 0; row < x.Value.Rows; row++)
        {
            double[] logits = [.. Enumerable.Range(0, x.Value.Columns).Select(column => x[row, column])];
            loss += weights[row] * ReferenceLosses.CrossEntropy(logits, labels[row], smoothing);
            double[] slopes = ReferenceLosses.CrossEntropyGradient(logits, labels[row], smoothing);
            for (int column = 0; column < slopes.Length; column++)
            {
                gradient[row, column] = slopes[column] * weights[row] / divisor * Scale;
            }
        }
        return (loss / divisor, gradient);
    }

    private (double Loss, int Correct) RunCpu(
        TestTensor x,
        int[] labels,
        float[] weights,
        int divisor,
        TestTensor gradient,
        float smoothing)
    {
        double loss;
        int correct;
        fixed (int* cpuLabels = labels)
        fixed (float* cpuWeights = weights)
        {
            CrossEntropyKernel.Run(Cpu, new LossArguments
            {
                Logits = x,
                Targets = cpuLabels,
                Weights = cpuWeights,
                Divisor = divisor,
                Scale = Scale,
                Gradient = gradient,
                LossSum = &loss,
                Correct = &correct,
            }, smoothing);
        }
        return (loss, correct);
    }

    private Results RunCuda(
        TestTensor x,
        int[] labels,
        float[]? weights,
        int divisor,
        TestTensor gradient,
        double startingLoss = 0,
        float factor = 1,
        float smoothing = 0)
    {
        using CudaTensor logits = Upload(x), dx = Upload(gradient);
        using DeviceMemory cudaLabels = Upload<int>(labels), cudaWeights = Upload<float>(weights ?? []), scratch = Device.Allocate(
            CrossEntropyKernel.CudaScratchBytes(x.Value.Rows));
        using DeviceMemory results = Upload([new Results(startingLoss, -1, -7)]),
        scale = Upload<float>([Scale]),
        rows = Upload<int>([divisor]);
        CrossEntropyKernel.Run(Device, new LossCudaArguments
        {
            Logits = logits,
            Targets = (void*)cudaLabels.Address,
            Weights = weights is null ? null : (float*)cudaWeights.Address,
            Scale = (float*)scale.Address,
            Divisor = (int*)rows.Address,
            Scratch = scratch.Address,
            Loss = (double*)results.Address,
            FirstNonFinite = (int*)(results.Address + sizeof(double)),
            Correct = (int*)(results.Address + sizeof(double) + sizeof(int)),
            Factor = factor,
            GradientFactor = factor,
            Gradient = dx,
        }, smoothing);
        dx.Download();
        return Download<Results>(results)[0];
    }

    private readonly record struct Results(double Loss, int FirstNonFinite, int Correct);
}
