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

/// <summary>Token ids in, a class for each token out: losses count real tokens alone.</summary>
[TestClass]
public sealed unsafe class TokenLabelTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>Central differences of the formula, h = 1e-5: their error is some 1e-10; Float32 sums leave some 1e-6 of gradients of size
    /// 0.1.</summary>
    [TestMethod]
    [DataRow(TokenCase.Rows)]
    [DataRow(3)]
    public void Gradients_OfTokenLabels_AreThoseOfTheMeanOverRealTokens(int batch)
    {
        Network network = TokenCase.Network();
        using RowStore store = TokenCase.Store(_device);
        var settings = new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, batch)
        {
            Loss = new CrossEntropyLoss(),
            HasWeights = true,
        };
        using var plan = new TrainingPlan(network, settings, _device);
        plan.Steps.BeginEpoch(store, Examples.Rows(TokenCase.Rows));
        plan.Steps.Take(
            new StepRequest(TokenCase.Rows) { Positions = (int)store.PositionsOf(Examples.Rows(TokenCase.Rows)) },
            SegmentWork.Gradients);

        double[][] parameters = [.. network.Parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];
        Assert.AreEqual(TokenCase.Loss(parameters), plan.State.Loss, 1e-6);
        for (int i = 0; i < parameters.Length; i++)
        {
            var gradient = plan.Context.Gradient(network.Parameters[i]);
            for (int element = 0; element < parameters[i].Length; element++)
            {
                double actual = ((float*)gradient.Row(element / gradient.Columns))[element % gradient.Columns];
                Assert.AreEqual(Slope(parameters, i, element), actual, 2e-6, $"{network.Parameters[i]} element {element}");
            }
        }
    }

    /// <summary>The loop hands each step the real tokens of its rows, and validation divides by those of all.</summary>
    [TestMethod]
    public void Run_OfTokenLabels_LearnsThem()
    {
        Network network = TokenCase.Network();
        using RowStore store = TokenCase.Store(_device);
        double[][] before = [.. network.Parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            BatchSize = TokenCase.Rows,
            Epochs = 200,
            LearningRate = 0.05f,
            RangeProbeInterval = 0,
        };
        TrainingResult result = LoopRuns.Of(network, options, _device, store, store).Run(() => { }, []);
        double[][] after = [.. network.Parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];

        Assert.AreEqual(TokenCase.Loss(before), result.History[0].Attempts[0].Loss, 1e-6);
        Assert.AreEqual(TokenCase.Loss(after), result.History[^1].ValidationLoss!.Value, 1e-6);
        Assert.IsLessThan(0.6 * TokenCase.Loss(before), TokenCase.Loss(after));
    }

    /// <summary>Four of the seven texts are shorter than the longest: a network whose answer is always class c is right for the real tokens
    /// of that class alone, whatever stands at padded ones.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(3)]
    public void Validation_OfTokenLabels_CountsTheAnswersOfRealTokens(int answer)
    {
        Network network = TokenCase.Network();
        Array.Clear(network.Parameters[1].Values);
        network.Parameters[2].Values[answer] = 1;
        using RowStore store = TokenCase.Store(_device);

        double? accuracy = new Validation(store, Examples.Rows(TokenCase.Rows), _device, new CrossEntropyLoss()).Run(network).Accuracy;

        Assert.AreEqual((double)TokenCase.TokensOf(answer) / TokenCase.Positions, accuracy!.Value, 1e-15);
    }

    /// <summary>Steps of 3, 3 and 1 texts have unequal numbers of tokens; at a rate of 0 the epoch's loss is that of all tokens.</summary>
    [TestMethod]
    public void EpochLoss_OfStepsOfUnequalTokens_IsTheMeanOverTokens()
    {
        Network network = TokenCase.Network();
        using RowStore store = TokenCase.Store(_device);
        double[][] before = [.. network.Parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];
        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, BatchSize = 3, Epochs = 1, LearningRate = 0 };

        TrainingResult result = LoopRuns.Of(network, options, _device, store).Run(() => { }, []);

        Assert.AreEqual(TokenCase.Loss(before), result.History[0].Loss, 1e-6);
    }

    /// <summary>Without weights every class has 1/5, so that the largest gradient that is stored, of a logit, is 0.8 ÷ tokens: the scale is
    /// the largest power of two below 65504 ÷ 8 · tokens ÷ 0.8.</summary>
    [TestMethod]
    public void MeasuredLossScale_OfTokenLabels_DividesByTokens()
    {
        Network network = TokenCase.Network();
        Array.Clear(network.Parameters[1].Values);
        using RowStore store = TokenCase.Store(_device);
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.MixedFloat16,
            LossScaling = LossScaling.Measured(),
            BatchSize = TokenCase.Rows,
            Epochs = 1,
        };

        TrainingResult result = LoopRuns.Of(network, options, _device, store).Run(() => { }, []);

        double largest = 65504.0 / 8 * TokenCase.Positions / 0.8;
        Assert.AreEqual((float)Math.Pow(2, Math.Floor(Math.Log2(largest))), result.History[0].Attempts[0].LossScale);
    }

    private static double Slope(double[][] parameters, int parameter, int element)
    {
        const double Step = 1e-5;
        double[][] moved = [.. parameters.Select(values => (double[])values.Clone())];
        moved[parameter][element] += Step;
        double above = TokenCase.Loss(moved);
        moved[parameter][element] -= 2 * Step;
        return (above - TokenCase.Loss(moved)) / (2 * Step);
    }
}
