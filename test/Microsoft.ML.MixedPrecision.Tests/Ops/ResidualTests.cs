using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>The sum of a residual block, and what a plan makes of one.</summary>
[TestClass]
internal sealed class ResidualTests
{
    public static IEnumerable<object[]> Cases
        => from path in CpuCases.AllPaths
           from a in CpuCases.StorageFormats
           from b in CpuCases.StorageFormats
           from y in CpuCases.StorageFormats
           select new object[] { path, a, b, y };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_AnyFormats_AddsInFloat32AndRoundsOnce(
        SimdPath path,
        NumericFormat formatA,
        NumericFormat formatB,
        NumericFormat formatY)
    {
        using var device = new CpuDevice(2, path);
        foreach (int columns in CpuCases.Sizes)
        {
            using TestTensor a = TestTensor.Random(formatA, 9, columns, seed: 1, extraPitch: 1);
            using TestTensor b = TestTensor.Random(formatB, 9, columns, seed: 2);
            using var y = new TestTensor(formatY, 9, columns, extraPitch: 2);

            Addition.Run(device, a, b, y);

            y.AssertPaddingUntouched();
            for (int row = 0; row < 9; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    Assert.AreEqual(ReferenceRounding.Round(formatY, (float)(a[row, column] + b[row, column])), y[row, column],
                        $"row {row}, column {column} of {columns}");
                }
            }
        }
    }

    [TestMethod]
    public void Run_NotFiniteElementsAndOverflow_Propagate()
    {
        using var device = new CpuDevice(1);
        using TestTensor a = TestTensor.Of(
            NumericFormat.Float16,
            1,
            4,
            (_, column) => new[] { double.NaN, double.PositiveInfinity, double.PositiveInfinity, 65504 }[column]);
        using TestTensor b = TestTensor.Of(NumericFormat.Float16, 1, 4, (_, column) => new[] { 1, 1, double.NegativeInfinity, 16 }[column]);

        Addition.Run(device, a, b, a);

        CollectionAssert.AreEqual(
            new[] { double.NaN, double.PositiveInfinity, double.NaN, double.PositiveInfinity },
            Enumerable.Range(0, 4).Select(column => a[0, column]).ToArray());
    }

    [TestMethod]
    public void Run_OtherShapes_AreRefused()
    {
        using var device = new CpuDevice(1);
        using var narrow = new TestTensor(NumericFormat.Float32, 2, 3);
        using var wide = new TestTensor(NumericFormat.Float32, 2, 4);

        Assert.ThrowsExactly<ArgumentException>(() => Addition.Run(device, narrow, wide, narrow));
        Assert.ThrowsExactly<ArgumentException>(() => Addition.Run(device, narrow, narrow, wide));
    }

    [TestMethod]
    public void Residual_BranchOfOtherWidth_SaysBoth()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        Value x = PlanBuilder.Input("x", 3, NumericFormat.Float32);

        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(
            () => plan.Residual("block", x, (plan, x) => plan.Linear("branch", x, new Parameter("w", 4, 3, decays: true), null)));
        StringAssert.Contains(error.Message, "gets 3 columns and its branch has 4", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Residual_OfTheInput_ForksNothingThatHasNoGradient()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        plan.Finish(
            plan.Residual(
                "block",
                PlanBuilder.Input("x", 3, NumericFormat.Float32),
                (plan, x) => plan.Linear("branch", x, new Parameter("w", 3, 3, decays: true), null)));

        Assert.AreEqual("LinearOp|ResidualOp", string.Join('|', plan.Ops.Select(op => op.GetType().Name)));
    }

    [TestMethod]
    [DataRow(ActivationKind.None, "float32", true)]
    [DataRow(ActivationKind.None, "mixed_float16", true)]
    [DataRow(ActivationKind.Relu, "float32", false)]
    [DataRow(ActivationKind.None, "mixed_float16; Activation=Float32", false)]
    public void SharedGradient_LastOperationOfTheBranch_SharesWhatItLeavesAsItIs(ActivationKind activation, string policy, bool shares)
    {
        var plan = new PlanBuilder(PrecisionPolicy.Parse(policy), training: true);
        Value x = plan.Linear("first", PlanBuilder.Input("x", 3, NumericFormat.Float32), new Parameter("v", 3, 3, decays: true), null);
        plan.Finish(plan.Residual("block", x, (plan, x) =>
        {
            Value y = plan.Linear("branch", x, new Parameter("w", 3, 3, decays: true), null);
            return activation == ActivationKind.None ? y : plan.Activation("branch", y, activation);
        }));
        ResidualOp block = plan.Ops.OfType<ResidualOp>().Single();

        Assert.AreSame(shares ? block.Outputs[0] : null, block.SharedGradient(block.Inputs[0]));
    }
}
