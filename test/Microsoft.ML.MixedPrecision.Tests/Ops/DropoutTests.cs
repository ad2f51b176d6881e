using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Which elements a dropout drops, and what becomes of the others.</summary>
[TestClass]
internal sealed unsafe class DropoutTests
{
    private const int Seed = 3;

    public static IEnumerable<object[]> PathsAndStorageFormats => CpuCases.PathsAndStorageFormats;

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Run_AnyFormatPathAndWidth_ScalesWhatTheMaskKeepsAndRoundsOnce(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(3, path);
        var choice = new DropoutChoice(Seed, Layer: 2, Rate: 0.3f);
        StepPosition position = new() { Step = (1L << 33) + 9, Row = 40 };
        foreach (int columns in CpuCases.Sizes.Append(1029))
        {
            using TestTensor x = TestTensor.Random(format, 23, columns, seed: 1, extraPitch: 1);
            using var y = new TestTensor(format, 23, columns, extraPitch: 2);

            DropoutKernel.Run(device, x, y, choice, (nint)(&position));

            y.AssertPaddingUntouched();
            for (int row = 0; row < 23; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    bool isKept = DropoutReference.IsKept(position, Seed, 2, 0.3f, row, column);
                    float scaled = (float)x[row, column] * (float)(1 / (1 - (double)0.3f));
                    Assert.AreEqual(isKept ? ReferenceRounding.Round(format, scaled) : 0, y[row, column],
                        $"row {row}, column {column} of {columns}");
                }
            }
        }
    }

    [TestMethod]
    [DataRow(0, 1.0)]
    [DataRow(5, 1.0)]
    [DataRow(7, 0.65450849718747371)] // (1 + cos 0.4π)/2
    [DataRow(9, 0.0954915028125263)] // (1 + cos 0.8π)/2
    [DataRow(10, 0.0)]
    [DataRow(25, 0.0)]
    public void Run_CourseOfTenSteps_DropsTheStepsShareOfTheRate(int step, double share)
    {
        using var device = new CpuDevice(1);
        var choice = new DropoutChoice(Seed, Layer: 1, Rate: 0.5f) { Course = new RegularizationCourse(10) };
        var position = new StepPosition { Step = step };
        float rate = (float)(0.5 * share);
        using TestTensor x = TestTensor.Random(NumericFormat.Float32, 20, 30, seed: 1), y = new(NumericFormat.Float32, 20, 30);

        DropoutKernel.Run(device, x, y, choice, (nint)(&position));

        for (int row = 0; row < 20; row++)
        {
            for (int column = 0; column < 30; column++)
            {
                bool isKept = DropoutReference.IsKept(position, Seed, 1, rate, row, column);

                // Two roundings to Float32, of the rate and of the factor.
                Assert.AreEqual(isKept ? x[row, column] / (1 - rate) : 0, y[row, column], 3e-7 * Math.Abs(x[row, column]) / (1 - rate));
            }
        }
    }

    [TestMethod]
    [DataRow(0.01f)]
    [DataRow(0.1f)]
    [DataRow(0.5f)]
    [DataRow(0.9f)]
    public void Run_ManyElements_DropsTheRateWithinFiveDeviations(float rate)
    {
        const int Rows = 256, Columns = 1000;
        float[] y = Ones(Rows, Columns, new DropoutChoice(Seed, 0, rate), default);
        double deviation = Math.Sqrt(Rows * Columns * (double)rate * (1 - rate));

        Assert.AreEqual(Rows * Columns * (double)rate, y.Count(value => value == 0), 5 * deviation);

        // So does every column, and every row has a pattern of its own.
        double ofColumn = Math.Sqrt(Rows * (double)rate * (1 - rate));
        for (int column = 0; column < Columns; column++)
        {
            Assert.AreEqual(
                Rows * (double)rate,
                Enumerable.Range(0, Rows).Count(row => y[(row * Columns) + column] == 0),
                6 * ofColumn,
                $"column {column}");
        }

        Assert.HasCount(
            Rows,
            y.Chunk(Columns).Select(row => string.Concat(row.Select(value => value == 0 ? '0' : '1'))).Distinct().ToArray());
    }

    [TestMethod]
    public void Run_RowsInMicroBatches_GivesTheMaskOfOneBatch()
    {
        var choice = new DropoutChoice(Seed, 1, 0.4f);
        float[] whole = Ones(30, 50, choice, new StepPosition { Step = 4 });
        float[] parts = [
            .. Ones(17, 50, choice, new StepPosition { Step = 4 }),
            .. Ones(13, 50, choice, new StepPosition { Step = 4, Row = 17 })];

        CollectionAssert.AreEqual(whole, parts);
    }

    [TestMethod]
    public void Run_AnotherSeedLayerOrStep_GivesAnotherMask()
    {
        var choice = new DropoutChoice(Seed, 1, 0.5f);
        float[][] masks =
        [
            Ones(8, 40, choice, default),
            Ones(8, 40, choice with { Seed = 4 }, default),
            Ones(8, 40, choice with { Layer = 2 }, default),
            Ones(8, 40, choice, new StepPosition { Step = 1 }),
            Ones(8, 40, choice, new StepPosition { Step = 1L << 32 }),
            Ones(8, 40, choice, new StepPosition { Row = 1 }),
        ];

        Assert.HasCount(
            masks.Length,
            masks.Select(mask => string.Concat(mask.Select(value => value == 0 ? '0' : '1'))).Distinct().ToArray());
    }

    [TestMethod]
    public void Run_NotFiniteElements_AreZeroWhereDroppedAndStayWhereKept()
    {
        StepPosition position = default;
        using var device = new CpuDevice(1);
        using TestTensor x = TestTensor.Of(NumericFormat.Float32, 4, 16, (row, _) => row % 2 == 0 ? double.NaN : double.PositiveInfinity);
        using var y = new TestTensor(NumericFormat.Float32, 4, 16);
        DropoutKernel.Run(device, x, y, new DropoutChoice(Seed, 0, 0.5f), (nint)(&position));

        for (int row = 0; row < 4; row++)
        {
            for (int column = 0; column < 16; column++)
            {
                Assert.AreEqual(DropoutReference.IsKept(position, Seed, 0, 0.5f, row, column) ? x[row, column] : 0, y[row, column]);
            }
        }
    }

    [TestMethod]
    public void Run_OtherShape_IsRefused()
    {
        using var device = new CpuDevice(1);
        using var x = new TestTensor(NumericFormat.Float32, 2, 3);
        using var y = new TestTensor(NumericFormat.Float32, 2, 4);

        Assert.ThrowsExactly<ArgumentException>(() => DropoutKernel.Run(device, x, y, default, 0));
    }

    [TestMethod]
    [DataRow(true, 0f)]
    [DataRow(false, 0.5f)]
    public void Dropout_OfNothingOrToScore_AppendsNothing(bool training, float rate)
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training);
        Value x = PlanBuilder.Input("x", 3, NumericFormat.Float32);

        Assert.AreSame(x, plan.Dropout("drop", x, rate));
        Assert.IsEmpty(plan.Ops);
    }

    [TestMethod]
    public void Explain_DropoutAndResidual_AreShown()
    {
        var plan = new PlanBuilder(PrecisionPolicy.MixedFloat16, training: true);
        plan.Finish(
            Examples.Network(5, [7, 7], 2, residual: true, dropout: 0.25f).Body.Build(
                plan,
                PlanBuilder.Input("x", 5, NumericFormat.Float16)));

        Assert.AreEqual(
            "hidden.0: linear + bias + Relu|hidden.0.dropout: dropout 0.25|hidden.1.residual.fork: fork|hidden.1: linear + bias + "
                + "Relu|hidden.1.dropout: dropout 0.25|hidden.1.residual: residual add|output: linear + bias",
            string.Join('|', plan.Ops.Select(op => op.Explain()).Select(line => $"{line.Layer}: {line.Operation}")));
    }

    /// <summary>A dropout of ones.</summary>
    private static float[] Ones(int rows, int columns, in DropoutChoice choice, StepPosition position)
    {
        using var device = new CpuDevice(2);
        using TestTensor x = TestTensor.Of(NumericFormat.Float32, rows, columns, (_, _) => 1);
        using var y = new TestTensor(NumericFormat.Float32, rows, columns);
        DropoutKernel.Run(device, x, y, choice, (nint)(&position));
        return [.. y.Bits().Select(BitConverter.UInt32BitsToSingle)];
    }
}
