using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>The divisor of losses comes with the step.</summary>
[TestClass]
public sealed unsafe class PositionsTests
{
    private const int Rows = 12;

    /// <summary>Twice the positions, as where other devices have rows too: half the loss, half the gradient; powers of two are
    /// exact.</summary>
    [TestMethod]
    [DataRow(Rows)]
    [DataRow(5)]
    public void Step_PositionsOtherThanRows_AreTheDivisor(int batch)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, Rows, 5, 3);
        var settings = new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, batch);
        using var plan = new TrainingPlan(Examples.Network(5, [8], 3), settings, device);
        (double loss, float[] gradients, StepRecord record) = Take(Rows);
        (double Loss, float[] Gradients, StepRecord Record) twice = Take(2 * Rows);

        Assert.AreEqual(loss / 2, twice.Loss);
        CollectionAssert.AreEqual(gradients.Select(value => value / 2).ToArray(), twice.Gradients);
        Assert.AreEqual((Rows, Rows), (record.Rows, record.Positions));
        Assert.AreEqual((Rows, 2 * Rows), (twice.Record.Rows, twice.Record.Positions));

        (double, float[], StepRecord) Take(int positions)
        {
            plan.Steps.BeginEpoch(store, Examples.Rows(Rows));
            plan.Steps.Take(new StepRequest(Rows) { Positions = positions });
            Assert.IsTrue(plan.Records.TryTake(out StepRecord taken));
            return (plan.State.Loss, [.. plan.Parameters.Slots.SelectMany(
                slot => new ReadOnlySpan<float>(plan.Parameters.Gradient(slot), (int)slot.Elements).ToArray())], taken);
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Stage_WeightsThatThePlanDoesNotExpect_AreRefused(bool weights)
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, Rows, 5, 3, weights);
        var settings = new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, Rows) { HasWeights = !weights };
        using var plan = new TrainingPlan(Examples.Network(5, [8], 3), settings, device);

        string message = Assert.ThrowsExactly<ArgumentException>(() => plan.Steps.Stage(store)).Message;
        StringAssert.Contains(
            message,
            weights ? "have weights; the plan was made for rows without" : "have no weights; the plan reads some");
    }
}
