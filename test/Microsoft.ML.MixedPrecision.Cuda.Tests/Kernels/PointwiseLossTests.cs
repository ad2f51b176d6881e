using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Losses;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Losses of single outputs against binary64 and the CPU engine.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class PointwiseLossTests : CudaDeviceTest
{
    private const float Scale = 1024;
    private static readonly double Epsilon = NumericFormat.Float32.Epsilon();

    public static IEnumerable<object[]> Names => LossTable.PointwiseNames;

    /// <summary>Loss × format of the gradient × whether rows have weights.</summary>
    public static IEnumerable<object[]> Cases
        => from name in LossTable.PointwiseNames
           from format in StorageFormats
           from weighted in new[] { false, true }
           select new object[] { name[0], format, weighted };

    /// <summary>One element, less than a block, a few blocks, and more elements than the largest grid has threads.</summary>
    private static (int Rows, int Outputs)[] Sizes => [(1, 1), (7, 2), (64, 1), (100, 31), (33, 33), (1000, 10), (9001, 31)];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_EverySize_IsTheFormulaAndAgreesWithTheCpu(string name, NumericFormat format, bool weighted)
    {
        foreach ((int rows, int outputs) in Sizes)
        {
            using LossCase cuda = new(LossTable.Row(name), rows, outputs, format), cpu = new(LossTable.Row(name), rows, outputs, format);
            Results results = RunCuda(name, cuda, weighted, rows + 3);
            cpu.Run(Cpu, weighted, rows + 3, Scale);

            string what = $"({rows}, {outputs})";
            Tolerance.AssertClose(cuda.ExpectedSum(weighted) / (rows + 3), results.Loss, 20 * Epsilon, 8 * Epsilon, $"loss of {what}");
            Tolerance.AssertClose(cpu.Sum, results.Loss, 20 * Epsilon, 8 * Epsilon, $"loss of {what} beside the CPU's");
            Assert.AreEqual(cuda.ExpectedCorrect(), results.Correct, what);
            Assert.AreEqual(-1, results.FirstNonFinite, what);
            cuda.AssertGradient(weighted, rows + 3, Scale, $"gradient of {what}");
            AssertNeighbours(cpu, cuda, rows + 3, what);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_PaddedRows_CountsTheAnswersOfTheOthers(string name)
    {
        using var data = new LossCase(LossTable.Row(name), 100, 5, NumericFormat.Float32) { IsPadded = true };

        Assert.AreEqual(data.ExpectedCorrect(), RunCuda(name, data, weighted: true, 66).Correct);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_OutputNotFinite_IsFoundAsALogit(string name)
    {
        foreach (double x in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            using var data = new LossCase(LossTable.Row(name), 70, 12, NumericFormat.Float16);
            data.Logits[66, 11] = x;
            Results results = RunCuda(name, data, weighted: false, 70);

            Assert.AreEqual(-3, results.FirstNonFinite, $"{x}");
            Assert.IsFalse(double.IsFinite(results.Loss), $"{x} gives a loss of {results.Loss}");
            if (double.IsNaN(x))
            {
                AssertOnlyNaN(data, 66, 11);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_TargetNotANumber_IsFoundAsALoss(string name)
    {
        using var data = new LossCase(LossTable.Row(name), 70, 12, NumericFormat.Float16);
        data.SetTarget(66, 11, float.NaN);
        Results results = RunCuda(name, data, weighted: false, 70);

        Assert.AreEqual(-2, results.FirstNonFinite);
        Assert.IsTrue(double.IsNaN(results.Loss));
        AssertOnlyNaN(data, 66, 11);
    }

    [TestMethod]
    public void Run_WhatWasFoundBefore_Stays()
    {
        using var data = new LossCase(LossTable.Row("squared error"), 3, 2, NumericFormat.Float32);
        data.Logits[1, 1] = double.NaN;

        Assert.AreEqual(-2, RunCuda("squared error", data, weighted: false, 3, found: -2).FirstNonFinite);
    }

    [TestMethod]
    [DataRow(100f)]
    [DataRow(-100f)]
    [DataRow(1e18f)]
    [DataRow(1e30f)]
    [DataRow(-1e30f)]
    [DataRow(20f)]
    [DataRow(-20f)]
    public void Run_HugeOutputs_StayFiniteWhereTheFormulaDoes(float x)
    {
        foreach (string name in LossTable.PointwiseNames.Select(row => (string)row[0]))
        {
            foreach (float y in new[] { 0f, 1f })
            {
                using var data = new LossCase(LossTable.Row(name), 1, 1, NumericFormat.Float32);
                data.Logits[0, 0] = x;
                data.SetTarget(0, 0, y);
                Results results = RunCuda(name, data, weighted: false, 1);
                double loss = data.ExpectedLoss(0);
                Tolerance.AssertClose(
                    loss > float.MaxValue ? double.PositiveInfinity : loss,
                    results.Loss,
                    1e-30,
                    2e-6,
                    $"{name}: loss at {x}, {y}");
                Tolerance.AssertClose(data.ExpectedSlopes(0)[0] * Scale, data.Gradient[0, 0], 1e-30, 2e-6, $"{name}: gradient at {x}, {y}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_TinyGradient_IsScaledBeforeItIsRounded(string name)
    {
        using var data = new LossCase(LossTable.Row(name), 9, 5, NumericFormat.Float16);
        RunCuda(name, data, weighted: true, 100_000_000, scale: 16777216);

        data.AssertGradient(weighted: true, 100_000_000, 16777216, "gradient");
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_TwoMicroBatches_AddsTheirLosses(string name)
    {
        using var data = new LossCase(LossTable.Row(name), 9, 4, NumericFormat.Float32);
        double once = RunCuda(name, data, weighted: true, 18).Loss;
        double twice = RunCuda(name, data, weighted: true, 18, startingLoss: once).Loss;
        Assert.AreEqual(2 * once, twice);
    }

    /// <summary>A quarter of the loss, added, and of its gradient; powers of two are exact.</summary>
    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_WithAFactor_CountsSoMuch(string name)
    {
        using LossCase data = new(LossTable.Row(name), 9, 4, NumericFormat.Float32), quarter = new(
            LossTable.Row(name),
            9,
            4,
            NumericFormat.Float32);
        double once = RunCuda(name, data, weighted: true, 18).Loss;

        Assert.AreEqual(3 + (once / 4), RunCuda(name, quarter, weighted: true, 18, startingLoss: 3, factorOfLoss: 0.25f).Loss);
        for (int i = 0; i < 9 * 4; i++)
        {
            Assert.AreEqual(data.Gradient[i / 4, i % 4] / 4, quarter.Gradient[i / 4, i % 4]);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_Twice_GivesTheSameBits(string name)
    {
        using LossCase first = new(LossTable.Row(name), 3000, 17, NumericFormat.BFloat16), second = new(
            LossTable.Row(name),
            3000,
            17,
            NumericFormat.BFloat16);
        Assert.AreEqual(RunCuda(name, first, weighted: true, 3000).Loss, RunCuda(name, second, weighted: true, 3000).Loss);
        AssertSameBits(first.Gradient, second.Gradient, "again");
    }

    [TestMethod]
    public void Run_TensorsThatDoNotFit_SaysSo()
    {
        using TestTensor half = new(NumericFormat.Float16, 2, 3),
        x = new(NumericFormat.Float32, 2, 3),
        other = new(NumericFormat.Float32, 3, 2);
        Loss loss = new SquaredErrorLoss();
        Assert.ThrowsExactly<ArgumentException>(() => loss.Run(Device, new LossCudaArguments { Logits = half }));
        Assert.ThrowsExactly<ArgumentException>(() => loss.Run(Device, new LossCudaArguments { Logits = x, Gradient = other }));
    }

    /// <summary>The CPU's exponential is another, so that a Float32 slope may differ by its error, and a stored value by a
    /// neighbour.</summary>
    private static void AssertNeighbours(LossCase expected, LossCase actual, int divisor, string what)
    {
        int outputs = expected.Gradient.Value.Columns;
        for (int i = 0; i < expected.Loss.Length * outputs; i++)
        {
            var (row, column) = Math.DivRem(i, outputs);
            double wanted = expected.Gradient[row, column];
            double unit = expected.Gradient.Value.Format.Is16Bit() ? ReferenceRounding.Unit(expected.Gradient.Value.Format, wanted) : 0;
            Tolerance.AssertClose(wanted, actual.Gradient[row, column], unit + (12 * Epsilon * Scale / divisor / outputs), 8 * Epsilon,
                $"{what} beside the CPU's ({row}, {column})");
        }
    }

    private static void AssertOnlyNaN(LossCase data, int row, int column)
    {
        for (int i = 0; i < data.Gradient.Value.Rows * data.Gradient.Value.Columns; i++)
        {
            var (at, output) = Math.DivRem(i, data.Gradient.Value.Columns);
            Assert.AreEqual(at == row && output == column, double.IsNaN(data.Gradient[at, output]), $"({at}, {output})");
        }
    }

    private Results RunCuda(
        string name,
        LossCase data,
        bool weighted,
        int divisor,
        float scale = Scale,
        double startingLoss = 0,
        int found = -1,
        float factorOfLoss = 1)
    {
        Loss loss = LossTable.Row(name).Loss;
        using CudaTensor x = Upload(data.Logits), dx = Upload(data.Gradient);
        using DeviceMemory targets = Upload<int>(data.Targets), weights = Upload<float>(data.Weights);
        using DeviceMemory scratch = Device.Allocate(loss.CudaScratchBytes(data.Logits.Value.Rows, data.Logits.Value.Columns));
        using DeviceMemory results = Upload([new Results(startingLoss, found, -7)]),
        factor = Upload<float>([scale]),
        rows = Upload<int>([divisor]);
        loss.Run(Device, new LossCudaArguments
        {
            Logits = x,
            Targets = (void*)targets.Address,
            Weights = weighted ? (float*)weights.Address : null,
            Scale = (float*)factor.Address,
            Divisor = (int*)rows.Address,
            Scratch = scratch.Address,
            Loss = (double*)results.Address,
            FirstNonFinite = (int*)(results.Address + sizeof(double)),
            Correct = (int*)(results.Address + sizeof(double) + sizeof(int)),
            Factor = factorOfLoss,
            GradientFactor = factorOfLoss,
            IsPadded = data.IsPadded,
            Gradient = dx,
        });
        dx.Download();
        return Download<Results>(results)[0];
    }

    private readonly record struct Results(double Loss, int FirstNonFinite, int Correct);
}
