using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>A class for some steps of sequences that are packed without padding: losses and answers count those alone.</summary>
[TestClass]
public sealed unsafe class StepTargetTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>All texts at once, in micro-batches of three and of one: the mean is over the labelled tokens of the step. Central
    /// differences of the formula, h = 1e-5: their error is some 1e-10; Float32 sums leave some 1e-6 of gradients of size 0.1.</summary>
    [TestMethod]
    [DataRow(8, 0f, false)]
    [DataRow(3, 0f, false)]
    [DataRow(1, 0f, false)]
    [DataRow(8, 0.1f, true)]
    [DataRow(3, 0.1f, true)]
    public void Gradients_OfLabelledSteps_AreThoseOfTheMeanOverThem(int batch, float smoothing, bool hasWeights)
    {
        Network network = StepTargetCase.Network();
        using RowStore store = StepTargetCase.Store(_device, hasWeights);
        PlanSettings settings = new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, batch)
        {
            Loss = new CrossEntropyLoss(smoothing, areKeys: true),
        }.For(store);
        using var plan = new TrainingPlan(network, settings, _device);
        plan.Steps.BeginEpoch(store, Examples.Rows(store.Rows));
        plan.Steps.Take(
            new StepRequest(store.Rows) { Positions = (int)store.PositionsOf(Examples.Rows(store.Rows)) },
            SegmentWork.Gradients);

        double[][] parameters = Parameters(network);
        double Loss(double[][] at) => StepTargetCase.Loss(at, smoothing, hasWeights);
        Assert.AreEqual(Loss(parameters), plan.State.Loss, 1e-6);
        for (int i = 0; i < parameters.Length; i++)
        {
            var gradient = plan.Context.Gradient(network.Parameters[i]);
            for (int element = 0; element < parameters[i].Length; element++)
            {
                double actual = ((float*)gradient.Row(element / gradient.Columns))[element % gradient.Columns];
                Assert.AreEqual(Slope(Loss, parameters, i, element), actual, 2e-6, $"{network.Parameters[i]} element {element}");
            }
        }
    }

    /// <summary>The loop hands each step the labelled tokens of its rows, and validation divides by those of all.</summary>
    [TestMethod]
    public void Run_OfLabelledSteps_LearnsThem()
    {
        Network network = StepTargetCase.Network();
        using RowStore store = StepTargetCase.Store(_device, hasWeights: false);
        double[][] before = Parameters(network);
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            Loss = new CrossEntropyLoss(0, areKeys: true),
            BatchSize = store.Rows,
            Epochs = 200,
            LearningRate = 0.05f,
            RangeProbeInterval = 0,
        };
        TrainingResult result = LoopRuns.Of(network, options, _device, store, store).Run(() => { }, []);
        double[][] after = Parameters(network);

        Assert.AreEqual(StepTargetCase.Loss(before), result.History[0].Attempts[0].Loss, 1e-6);
        Assert.AreEqual(StepTargetCase.Loss(after), result.History[^1].ValidationLoss!.Value, 1e-6);
        Assert.IsLessThan(0.6 * StepTargetCase.Loss(before), StepTargetCase.Loss(after));
    }

    /// <summary>A network whose answer is always class c is right for the labelled tokens of that class alone, those of weight 0
    /// too.</summary>
    [TestMethod]
    [DataRow(0, false)]
    [DataRow(3, false)]
    [DataRow(4, true)]
    public void Validation_OfLabelledSteps_CountsTheirAnswers(int answer, bool hasWeights)
    {
        Network network = StepTargetCase.Network();
        Array.Clear(network.Parameters[2].Values);
        network.Parameters[3].Values[answer] = 1;
        using RowStore store = StepTargetCase.Store(_device, hasWeights);

        double? accuracy = new Validation(
            store, Examples.Rows(store.Rows), _device, new CrossEntropyLoss(0, areKeys: true)).Run(network).Accuracy;

        Assert.AreEqual((double)StepTargetCase.TokensOf(answer) / StepTargetCase.Positions, accuracy!.Value, 1e-15);
    }

    [TestMethod]
    public void Positions_OfRows_AreTheLabelledStepsAlone()
    {
        using RowStore store = StepTargetCase.Store(_device, hasWeights: true);

        for (int row = 0; row < store.Rows; row++)
        {
            Assert.AreEqual(StepTargetCase.PositionsOf(row), store.PositionsOf([row]), $"row {row}");
        }

        Assert.AreEqual(StepTargetCase.Positions, store.PositionsOf(Examples.Rows(store.Rows)));
        Assert.AreEqual(1f, store.Weight(0), "that of step 4; step 5 has more, and no class");
        Assert.AreEqual(0f, store.Weight(2), "no step has a class");
    }

    [TestMethod]
    public void AppendSteps_WhatDoesNotFit_IsRefused()
    {
        using var store = new RowStore(_device, RowSchema.StepClasses(4, 9, 5, hasWeights: true));

        string Refused<TException>(int[] targets, float[] weights)
            where TException : Exception
            => Assert.ThrowsExactly<TException>(() => store.AppendSteps(new RowFeatures([1, 2, 0, 0]), targets, weights)).Message;

        StringAssert.Contains(Refused<ArgumentException>([1, 2, 3], [1, 1]), "2 tokens has 3 targets");
        StringAssert.Contains(Refused<ArgumentException>([1, 2], [1]), "1 weights");
        StringAssert.Contains(Refused<InvalidOperationException>([1, 6], [1, 1]), "'target', holds 6 at 1; allowed is 0 to 5");
        Assert.AreEqual(0, store.Rows);
        using var whole = new RowStore(_device, RowSchema.Sequences(4, 9, hasWeights: false, targetNumbers: null));
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => whole.AppendSteps(new RowFeatures([1, 2, 0, 0]), [1, 2], [])).Message,
            "one target");
    }

    private static double[][] Parameters(Network network)
        => [.. network.Parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];

    private static double Slope(Func<double[][], double> loss, double[][] parameters, int parameter, int element)
    {
        const double Step = 1e-5;
        double[][] moved = [.. parameters.Select(values => (double[])values.Clone())];
        moved[parameter][element] += Step;
        double above = loss(moved);
        moved[parameter][element] -= 2 * Step;
        return (above - loss(moved)) / (2 * Step);
    }
}
