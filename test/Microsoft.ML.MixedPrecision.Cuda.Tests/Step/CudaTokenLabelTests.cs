using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>Token ids in, a class for each token out, on a card: the graphs of a step do not depend on how many tokens are real.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaTokenLabelTests : CudaTrainingTest
{
    /// <summary>Steps of 3, 3 and 1 texts have 7, 9 and 4 real tokens, in the first epoch; each loss is that of the CPU engine within
    /// Float32's sums, and so are weights after 30 steps.</summary>
    [TestMethod]
    [DataRow(null)]
    [DataRow(0L)]
    public void Steps_OfTokenLabels_AreThoseOfTheCpu(long? mostDataBytes)
    {
        (double[] losses, float[] weights) = Course(onCard: true, mostDataBytes);
        (double[] expectedLosses, float[] expected) = Course(onCard: false, null);

        for (int i = 0; i < losses.Length; i++)
        {
            Assert.AreEqual(expectedLosses[i], losses[i], 1e-5 * expectedLosses[i], $"step {i}");
        }

        for (int i = 0; i < weights.Length; i++)
        {
            Assert.AreEqual(expected[i], weights[i], 1e-4, $"weight {i}");
        }
    }

    /// <summary>A network whose answer is always class c is right for the real tokens of that class alone.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    public void Validation_OfTokenLabels_CountsTheAnswersOfRealTokens(int answer)
    {
        Network network = TokenCase.Network();
        Array.Clear(network.Parameters[1].Values);
        network.Parameters[2].Values[answer] = 1;
        using RowStore store = TokenCase.Store(Cpu);

        double? accuracy = new Validation(store, Examples.Rows(TokenCase.Rows), Device, new CrossEntropyLoss()).Run(network).Accuracy;

        Assert.AreEqual((double)TokenCase.TokensOf(answer) / TokenCase.Positions, accuracy!.Value, 1e-15);
    }

    private (double[] Losses, float[] Weights) Course(bool onCard, long? mostDataBytes)
    {
        Network network = TokenCase.Network();
        using RowStore store = TokenCase.Store(Cpu);
        using TrainingPlan plan = Plan(
            onCard ? Device : Cpu,
            "float32",
            network,
            3,
            settings => settings with { HasWeights = true, Loss = new CrossEntropyLoss(), MostDataBytes = mostDataBytes });
        var losses = new List<double>();
        for (int epoch = 0; epoch < 10; epoch++)
        {
            int[] order = Examples.Rows(TokenCase.Rows);
            plan.Steps.BeginEpoch(store, order);
            for (int at = 0; at < order.Length; at += 3)
            {
                ReadOnlySpan<int> rows = order.AsSpan(at, Math.Min(3, order.Length - at));
                plan.Steps.Take(new StepRequest(rows.Length) { Positions = (int)store.PositionsOf(rows), LearningRate = 1e-2f });
                plan.Steps.Synchronize();
                losses.Add(plan.State.Loss);
            }
        }

        return ([.. losses], Weights(plan, network));
    }
}
