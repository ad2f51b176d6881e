using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

/// <summary>Every loss of the table on the CPU against its formula in double precision.</summary>
[TestClass]
internal sealed unsafe class LossTests
{
    private const float Scale = 1024;
    private static readonly double Epsilon = NumericFormat.Float32.Epsilon();

    /// <summary>Loss × SIMD path × format of the gradient.</summary>
    public static IEnumerable<object[]> Cases
        => from row in LossTable.Rows
           from path in CpuCases.AllPaths
           from format in CpuCases.StorageFormats
           select new object[] { row.Name, path, format };

    public static IEnumerable<object[]> Names => LossTable.Names;

    public static IEnumerable<object[]> SmoothedNames => LossTable.SmoothedNames;

    public static IEnumerable<object[]> NamesAndPaths
        => from row in LossTable.Rows from path in CpuCases.AllPaths select new object[] { row.Name, path };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_ManyShapes_MatchesFormula(string name, SimdPath path, NumericFormat format)
    {
        LossRow row = LossTable.Row(name);
        using var device = new CpuDevice(2, path);
        foreach (int rows in new[] { 1, 2, 63, 65, 130 })
        {
            foreach (int outputs in row.Loss.TargetKind == TargetKind.Class ? CpuCases.Sizes : [1, 2, 7])
            {
                foreach (bool weighted in new[] { false, true })
                {
                    using var data = new LossCase(row, rows, outputs, format, seed: rows + outputs);
                    data.Run(device, weighted, rows + 3, Scale);
                    AssertLoss(data, weighted, rows + 3);
                    data.AssertGradient(weighted, rows + 3, Scale, $"gradient of ({rows}, {outputs})");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_Gradient_IsTheCentralDifferenceOfTheLoss(string name)
    {
        const double Step = 1e-5;
        LossRow row = LossTable.Row(name);
        using var device = new CpuDevice(1);
        using var data = new LossCase(row, 40, 3, NumericFormat.Float32);
        data.Run(device, weighted: false, divisor: 1, scale: 1);

        for (int i = 0; i < 40 * 3; i++)
        {
            double[] above = data.X(i / 3), below = data.X(i / 3);
            above[i % 3] += Step;
            below[i % 3] -= Step;
            double expected = (row.RowLoss(above, data.Y(i / 3)) - row.RowLoss(below, data.Y(i / 3))) / (2 * Step);
            Tolerance.AssertClose(expected, data.Gradient[i / 3, i % 3], 1e-5, 1e-6, $"({i / 3}, {i % 3})");
        }
    }

    /// <summary>What the formula gives is far below Float16 until the scale has lifted it.</summary>
    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_TinyGradient_IsScaledBeforeItIsRounded(string name)
    {
        using var device = new CpuDevice(1);
        using var data = new LossCase(LossTable.Row(name), 9, 5, NumericFormat.Float16);
        data.Run(device, weighted: true, divisor: 1e8f, scale: 16777216);

        data.AssertGradient(weighted: true, 1e8f, 16777216, "gradient");
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_PaddedRows_CountsTheAnswersOfTheOthers(string name)
    {
        using var device = new CpuDevice(2);
        using var data = new LossCase(LossTable.Row(name), 100, 5, NumericFormat.Float32) { IsPadded = true };
        data.Run(device, weighted: true, divisor: 66, scale: 1);

        AssertLoss(data, weighted: true, divisor: 66);
    }

    [TestMethod]
    [DynamicData(nameof(NamesAndPaths))]
    public void Run_AnyThreads_GivesSameBits(string name, SimdPath path)
    {
        LossRow row = LossTable.Row(name);
        using var device = new CpuDevice(1, path);
        using var one = new LossCase(row, 1001, 37, NumericFormat.Float16);
        one.Run(device, weighted: true, divisor: 1001, scale: 8);
        foreach (int threads in new[] { 2, 3 })
        {
            using var several = new CpuDevice(threads, path);
            using var data = new LossCase(row, 1001, 37, NumericFormat.Float16);
            data.Run(several, weighted: true, divisor: 1001, scale: 8);
            Assert.AreEqual(one.Sum, data.Sum);
            Assert.AreEqual(one.Correct, data.Correct);
            CollectionAssert.AreEqual(one.Loss, data.Loss);
            CollectionAssert.AreEqual(one.Gradient.Bits(), data.Gradient.Bits());
        }
    }

    [TestMethod]
    [DynamicData(nameof(SmoothedNames))]
    public void ForValidation_OfSmoothedLoss_IsThePlainOne(string name)
    {
        LossRow smoothed = LossTable.Row(name), plain = LossTable.Row(name.Replace("smoothed ", "", StringComparison.Ordinal));
        using var device = new CpuDevice(1);
        using LossCase expected = new(plain, 20, 4, NumericFormat.Float32), actual = new(smoothed, 20, 4, NumericFormat.Float32);
        expected.Run(device, weighted: true, divisor: 20, scale: 1);
        actual.Run(device, weighted: true, divisor: 20, scale: 1, smoothed.Loss.ForValidation);

        Assert.AreEqual(expected.Sum, actual.Sum);
        Assert.AreEqual(expected.Correct, actual.Correct);
        CollectionAssert.AreEqual(expected.Gradient.Bits(), actual.Gradient.Bits());
        Assert.AreSame(plain.Loss.GetType(), smoothed.Loss.ForValidation.GetType());
    }

    [TestMethod]
    [DoNotParallelize]
    [DynamicData(nameof(Names))]
    public void Run_OnceWarm_AllocatesNothing(string name)
    {
        using var device = new CpuDevice(3);
        using var data = new LossCase(LossTable.Row(name), 500, 37, NumericFormat.Float16);

        Allocations.AssertNone(device, () => data.Run(device, weighted: true, divisor: 500, scale: 8));
    }

    private static void AssertLoss(LossCase data, bool weighted, double divisor)
    {
        for (int row = 0; row < data.Loss.Length; row++)
        {
            Tolerance.AssertClose(data.ExpectedLoss(row), data.Loss[row], 20 * Epsilon, 8 * Epsilon, $"loss of row {row}");
        }

        Tolerance.AssertClose(data.ExpectedSum(weighted) / divisor, data.Sum, 20 * Epsilon, 8 * Epsilon, "sum");
        Assert.AreEqual(data.ExpectedCorrect(), data.Correct);
    }
}
