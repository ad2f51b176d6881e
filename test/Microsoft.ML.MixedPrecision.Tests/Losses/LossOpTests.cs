using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

/// <summary>Losses as operations of a plan.</summary>
[TestClass]
public sealed class LossOpTests
{
    /// <summary>A loss of an inner value beside that of the output. In 16 bits each of the few stored values rounds once: errors follow the
    /// largest element of a gradient.</summary>
    [TestMethod]
    [DataRow("float32", 1, 0.75f, 2e-5)]
    [DataRow("float32", 3, 0.75f, 2e-5)]
    [DataRow("float32", 2, 0f, 2e-5)]
    [DataRow("mixed_float16", 1, 0.75f, 6e-3)]
    [DataRow("mixed_float16; Activation=Float32", 2, 1f, 6e-3)]
    [DataRow("mixed_bfloat16; layer b=Float32", 1, 0.75f, 5e-2)]
    public void Backward_LossesOfOutputAndInnerValue_IsTheDerivativeOfTheirSum(string policy, int rows, float factor, double tolerance)
    {
        using var device = new CpuDevice(2);
        using var data = new LossPlanCase(device, policy, examples: 5, rows, factor) { Positions = (5 * rows) + 2 };
        data.Run();

        Assert.AreEqual(data.Reference(), data.Loss, tolerance * data.Reference());
        data.AssertGradients(tolerance);
        Assert.AreEqual(LossPlaces.AllFinite, data.FirstNonFinite);
    }

    [TestMethod]
    public void Backward_InMicroBatches_AddsLossesAndGradients()
    {
        using var device = new CpuDevice(2);
        using var data = new LossPlanCase(device, "float32", examples: 4, rows: 1, factor: 0.75f) { Positions = 8 };
        data.Run();
        (double once, double[] gradient) = (data.Loss, data.Gradient(data.Parameters[0]));
        data.Run(accumulate: true);

        Assert.AreEqual(2 * once, data.Loss, 1e-12);
        CollectionAssert.AreEqual(gradient.Select(value => 2 * value).ToArray(), data.Gradient(data.Parameters[0]));
    }

    /// <summary>Sequences of 1, 4 and 2 real steps, padded to 4: the loss and its gradient are the mean over 7 steps, and whatever stands
    /// in the padding does not matter.</summary>
    [TestMethod]
    public void Backward_PaddingOfWeightZero_HasNoLossNoGradientAndIsNotCounted()
    {
        using var device = new CpuDevice(2);
        using var data = new LossPlanCase(device, "float32", examples: 3, rows: 4, factor: 0) { Positions = 7 };
        int[] lengths = [1, 4, 2];
        for (int row = 0; row < 12; row++)
        {
            data.Weights[row] = row % 4 < lengths[row / 4] ? 1 : 0;
        }

        data.Run();
        (double loss, double[] gradient) = (data.Loss, data.Gradient(data.Parameters[0]));
        Assert.AreEqual(data.Reference(), loss, 1e-6, "which leaves rows of weight 0 out, and divides by 7");
        data.AssertGradients(2e-5);

        for (int row = 0; row < 12; row++)
        {
            bool isPadding = data.Weights[row] == 0;
            data.Targets[row] = isPadding ? (data.Targets[row] + 1) % 3 : data.Targets[row];
            data.X[row * 3] = isPadding ? 50 : data.X[row * 3];
        }

        data.Run();
        Assert.AreEqual(loss, data.Loss);
        CollectionAssert.AreEqual(gradient, data.Gradient(data.Parameters[0]));
    }

    /// <summary>Where nothing trains before a loss, no gradient is wanted of it, and forward measures: all of a list that scores, and the
    /// loss of a frozen layer.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Forward_WithoutGradient_Measures(bool training)
    {
        using var device = new CpuDevice(2);
        using var data = new LossPlanCase(device, "float32", 5, 1, 0.75f, training, training ? ["a"] : []);
        data.Run();

        Assert.AreEqual(data.Reference(), data.Loss, 1e-6);
        CollectionAssert.AreEqual(
            training ? [false, true] : new[] { false, false },
            data.Plan.Ops.OfType<LossOp>().Select(loss => loss.RunsBackward).ToArray());
    }

    /// <summary>The first loss that runs backward is the last of the list; what it finds stays.</summary>
    [TestMethod]
    public void Backward_InnerValueNotFinite_IsFound()
    {
        using var device = new CpuDevice(2);
        using var data = new LossPlanCase(device, "float32", examples: 5, rows: 1, factor: 0.75f);
        data.Wanted[3] = float.PositiveInfinity;
        data.Run();
        Assert.AreEqual(NonFinite.Loss, data.FirstNonFinite);

        data.X[0] = float.NaN;
        data.Run();
        Assert.AreEqual(NonFinite.Logits, data.FirstNonFinite);
    }

    [TestMethod]
    public void Finish_ProductBeforeALoss_StoresFloat32AndAnythingElseIsConverted()
    {
        using var device = new CpuDevice(2);
        using var data = new LossPlanCase(device, "mixed_float16", examples: 5, rows: 1, factor: 1);

        Assert.IsTrue(data.Plan.Ops.OfType<LossOp>().All(loss => loss.Inputs[0].Format == NumericFormat.Float32));
        CollectionAssert.AreEqual(
            new[] { "h.branch.0.cast" },
            data.Plan.Ops.OfType<MixedPrecision.Ops.CastOp>().Select(cast => cast.Name).ToArray());
        Assert.AreEqual(
            "0.75 · squared error",
            new LossOp("l", new SquaredErrorLoss(), 0.75f, data.Plan.Ops[^1].Inputs.AsSpan(), "").Explain().Operation);
    }

    /// <summary>Two losses of the network's output itself: each reads it in Float32, and their gradients are added.</summary>
    [TestMethod]
    public void Finish_TwoLossesOfTheOutput_AreBothRead()
    {
        var plan = new PlanBuilder(PrecisionPolicy.MixedFloat16, training: true);
        Value x = PlanBuilder.Input("x", 3, NumericFormat.Float16);
        Value y = MixedPrecision.Ops.LinearPlan.Linear(
            plan,
            "a",
            x,
            new Parameter("w", 4, 3, decays: true),
            new Parameter("b", 1, 4, decays: false));
        Value target = LossPlan.Targets("target", new SquaredErrorLoss(), y);
        plan.Loss(new SquaredErrorLoss(), y, target, null);
        plan.Loss(new HuberLoss(1), y, target, null);
        Value output = plan.Finish(y);

        Assert.AreEqual(NumericFormat.Float32, output.Format);
        Value[] read = [.. plan.Ops.OfType<LossOp>().Select(loss => loss.Inputs[0])];
        Assert.IsTrue(Array.TrueForAll(read, value => value.Root == output && value.Format == NumericFormat.Float32));
        var layout = new ValueLayout(plan, x, output, 5);
        CollectionAssert.AreEqual(new[] { "x", "target" }, layout.Inputs.Select(value => value.Name).ToArray());
    }

    /// <summary>Whoever scores or measures reads Float32, whether the network ends with a product, which stores it, or with an operation
    /// that stores 16 bits, behind which it is converted once, for the loss and the reader of the output alike.</summary>
    [TestMethod]
    [DataRow(false, false, "linear")]
    [DataRow(false, true, "linear|squared error")]
    [DataRow(true, false, "linear + bias|layer norm|cast")]
    [DataRow(true, true, "linear + bias|layer norm|cast|squared error")]
    public void Finish_OutputIn16Bits_IsFloat32(bool normalized, bool hasLoss, string operations)
    {
        var plan = new PlanBuilder(PrecisionPolicy.MixedFloat16, training: true);
        Value y = LinearPlan.Linear(
            plan,
            "a",
            PlanBuilder.Input("x", 3, NumericFormat.Float16),
            new Parameter("w", 4, 3, decays: true),
            normalized ? new Parameter("b", 1, 4, decays: false) : null);
        y = normalized
            ? plan.LayerNorm("n", y, new Parameter("scale", 1, 4, decays: false), new Parameter("shift", 1, 4, decays: false))
            : y;
        if (hasLoss)
        {
            plan.Loss(new SquaredErrorLoss(), y, LossPlan.Targets("target", new SquaredErrorLoss(), y), null);
        }

        Value output = plan.Finish(y);

        Assert.AreEqual(operations, string.Join('|', plan.Ops.Select(op => op.Explain().Operation)));
        Assert.AreEqual(NumericFormat.Float32, output.Format);
        Assert.AreEqual(output, hasLoss ? plan.Ops[^1].Inputs[0] : plan.Ops[^1].Outputs[0]);
    }

    [TestMethod]
    public void Loss_TargetsOrWeightsOfAnotherShape_SaysWhichAreWanted()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        Value x = PlanBuilder.Input("x", new Shape(2, 3), NumericFormat.Float32);
        Value classes = LossPlan.Targets("target", new CrossEntropyLoss(), x), numbers = LossPlan.Targets("t", new SquaredErrorLoss(), x);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => plan.Loss(new SquaredErrorLoss(), x, classes, null)).Message,
            "'target' is (2, 1) of Int32 an example; the loss reads (2, 3) of Float32.");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => plan.Loss(new SquaredErrorLoss(), x, numbers, classes)).Message,
            "the loss reads (2, 1) of Float32.");

        // Of the right kind, but a number for each row instead of each output, and a weight for each example instead of each row.
        Value one = PlanBuilder.Input("one", new Shape(2, 1), ElementKind.Float32);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => plan.Loss(new SquaredErrorLoss(), x, one, null)).Message,
            "'one' is (2, 1) of Float32 an example; the loss reads (2, 3) of Float32.");
        Value example = PlanBuilder.Input("example", new Shape(1, 1), ElementKind.Float32);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => plan.Loss(new SquaredErrorLoss(), x, numbers, example)).Message,
            "'example' is 1 of Float32 an example; the loss reads (2, 1) of Float32.");
    }
}
