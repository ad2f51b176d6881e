using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

/// <summary>Losses of the table where numbers are huge, tiny, not finite or missing.</summary>
[TestClass]
internal sealed unsafe class LossEdgeTests
{
    public static IEnumerable<object[]> Names => LossTable.Names;

    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    public static IEnumerable<object[]> PointwiseNames => LossTable.PointwiseNames;

    [TestMethod]
    [DynamicData(nameof(PointwiseNames))]
    public void Run_HugeOutputs_StayFiniteWhereTheFormulaDoes(string name)
    {
        LossRow row = LossTable.Row(name);
        using var device = new CpuDevice(1);
        foreach (float x in new[] { 100f, -100f, 1e18f, -1e18f, 1e30f, -1e30f })
        {
            foreach (float y in new[] { 0f, 1f })
            {
                using var data = new LossCase(row, 1, 1, NumericFormat.Float32);
                data.Logits[0, 0] = x;
                data.SetTarget(0, 0, y);
                data.Run(device, weighted: false, divisor: 1, scale: 1);
                double loss = data.ExpectedLoss(0);
                Tolerance.AssertClose(
                    loss > float.MaxValue ? double.PositiveInfinity : loss,
                    data.Loss[0],
                    1e-30,
                    1e-6,
                    $"loss at {x}, {y}");
                Tolerance.AssertClose(data.ExpectedSlopes(0)[0], data.Gradient[0, 0], 1e-30, 1e-6, $"gradient at {x}, {y}");
            }
        }
    }

    /// <summary>A certain and right answer still has a gradient, which the loss scale lifts into Float16, for yes as for no.</summary>
    [TestMethod]
    [DataRow(20f, 1f)]
    [DataRow(-20f, 0f)]
    [DataRow(12f, 1f)]
    [DataRow(-12f, 0f)]
    public void BinaryCrossEntropy_CertainAnswer_KeepsItsTinyGradient(float x, float y)
    {
        using var device = new CpuDevice(1);
        foreach (NumericFormat format in CpuCases.StorageFormats)
        {
            using var data = new LossCase(LossTable.Row("binary cross-entropy"), 1, 1, format);
            data.Logits[0, 0] = x;
            data.SetTarget(0, 0, y);
            data.Run(device, weighted: false, divisor: 1, scale: 65536);

            double e = Math.Exp(-Math.Abs(x));
            Tolerance.AssertClose(
                (y > 0 ? -1 : 1) * 65536 * e / (1 + e),
                data.Gradient[0, 0],
                0,
                (format.Is16Bit() ? format.Epsilon() / 2 : 0) + 1e-6,
                $"{format}");
            Tolerance.AssertClose(Math.Log(1 + e), data.Loss[0], 1e-15, 1e-6, "loss");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_NaNOutput_MakesLossAndGradientNaN(string name)
        => AssertSpoilt(LossTable.Row(name), data => data.Logits[1, 2] = double.NaN);

    [TestMethod]
    [DynamicData(nameof(PointwiseNames))]
    public void Run_NaNTarget_MakesLossAndGradientNaN(string name)
        => AssertSpoilt(LossTable.Row(name), data => data.SetTarget(1, 2, float.NaN));

    [TestMethod]
    public void BinaryCrossEntropy_AnswersAtTheEdge_CountsThemAsDocumented()
    {
        using var device = new CpuDevice(1);
        using var data = new LossCase(LossTable.Row("binary cross-entropy"), 1, 6, NumericFormat.Float32);
        (float X, float Y)[] answers = [(0, 0), (0, 1), (1e-30f, 1), (1e-30f, 0), (float.NaN, 0), (float.NaN, 1)];
        for (int i = 0; i < answers.Length; i++)
        {
            data.Logits[0, i] = answers[i].X;
            data.SetTarget(0, i, answers[i].Y);
        }

        data.Run(device, weighted: false, divisor: 1, scale: 1);

        Assert.AreEqual(2, data.Correct, "x = 0 for no and x > 0 for yes are right, NaN is neither");
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_OnlyTheSum_NeedsNothingElse(string name)
    {
        using var device = new CpuDevice(1);
        using var data = new LossCase(LossTable.Row(name), 5, 3, NumericFormat.Float32);
        double sum;
        fixed (int* targets = data.Targets)
        {
            LossTable.Row(name).Loss.Run(device, new LossArguments { Logits = data.Logits, Targets = targets, LossSum = &sum });
        }

        Tolerance.AssertClose(data.ExpectedSum(weighted: false), sum, 0, 1e-6, "sum");
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_NoRows_IsZero(string name)
    {
        using var device = new CpuDevice(1);
        using var data = new LossCase(LossTable.Row(name), 0, 3, NumericFormat.Float32);

        data.Run(device, weighted: false, divisor: 1, scale: 1);

        Assert.AreEqual(0, data.Sum);
        Assert.AreEqual(0, data.Correct);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_TensorsThatDoNotFit_SaysSo(string name)
    {
        Loss loss = LossTable.Row(name).Loss;
        using var device = new CpuDevice(1);
        using TestTensor half = new(NumericFormat.Float16, 2, 3),
        logits = new(NumericFormat.Float32, 2, 3),
        wide = new(NumericFormat.Float32, 2, 4),
        high = new(NumericFormat.Float32, 3, 3);
        int* targets = stackalloc int[6];
        nint address = (nint)targets;

        StringAssert.Contains(Refusal(new LossArguments { Logits = half, Targets = (void*)address }), "Float16");
        Tensor[] others = [wide.Value, high.Value];
        foreach (Tensor other in others)
        {
            StringAssert.Contains(
                Refusal(new LossArguments { Logits = logits, Targets = (void*)address, Gradient = other }),
                "(2, 3) is needed");
        }

        StringAssert.Contains(Refusal(new LossArguments { Logits = logits }), "missing");

        string Refusal(LossArguments arguments) => Assert.ThrowsExactly<ArgumentException>(() => loss.Run(device, arguments)).Message;
    }

    /// <summary>(softmax − onehot)·factor, step by step in Float32.</summary>
    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void CrossEntropy_SmoothedByNothing_HasTheBitsOfSoftmaxLessOneHot(SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        using var data = new LossCase(LossTable.Plain, 40, 19, NumericFormat.Float32);
        using TestTensor softmax = new(NumericFormat.Float32, 40, 19), expected = new(NumericFormat.Float32, 40, 19);
        data.Run(device, weighted: true, divisor: 43, scale: 8);
        Softmax.Run(device, data.Logits.Value, softmax);
        for (int row = 0; row < 40; row++)
        {
            float factor = (float)((double)data.Weights[row] * 8 / 43);
            for (int column = 0; column < 19; column++)
            {
                expected[row, column] = ((float)softmax[row, column] - (column == data.Targets[row] ? 1f : 0f)) * factor;
            }
        }

        CollectionAssert.AreEqual(expected.Bits(), data.Gradient.Bits());
    }

    /// <summary>Row 1 of 3 is spoilt in column 2: its loss, the sum and, of the gradient, that element (of a softmax: its row) are
    /// NaN.</summary>
    private static void AssertSpoilt(LossRow row, Action<LossCase> spoil)
    {
        using var device = new CpuDevice(1);
        using var data = new LossCase(row, 3, 5, NumericFormat.BFloat16);
        spoil(data);
        data.Run(device, weighted: true, divisor: 3, scale: 1);

        Assert.IsTrue(double.IsNaN(data.Loss[1]) && double.IsNaN(data.Sum), $"loss {data.Loss[1]}, sum {data.Sum}");
        Assert.IsTrue(float.IsFinite(data.Loss[0]) && float.IsFinite(data.Loss[2]));
        for (int i = 0; i < 3 * 5; i++)
        {
            var (at, column) = Math.DivRem(i, 5);
            bool expected = at == 1 && (column == 2 || row.Loss.TargetKind == TargetKind.Class);
            Assert.AreEqual(expected, double.IsNaN(data.Gradient[at, column]), $"({at}, {column})");
        }
    }
}
