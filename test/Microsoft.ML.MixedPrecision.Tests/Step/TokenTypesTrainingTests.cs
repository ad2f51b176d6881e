using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>A whole network that tells the two texts of a pair apart, trained: its loss and gradients against a formula in double
/// precision and its central differences.</summary>
[TestClass]
public sealed class TokenTypesTrainingTests
{
    private const int Most = 6, Vocabulary = 8, Columns = 3, Classes = 2, Separator = 5;

    private static readonly int[][] Texts = [[1, 4, 5, 2, 5], [7, 2], [5, 5, 5], [3], [6, 0, 1, 2, 3, 5], [4, 5, 4, 5, 1, 1]];

    /// <summary>All texts at once, and in micro-batches, whose gradients add up.</summary>
    [TestMethod]
    [DataRow(6)]
    [DataRow(4)]
    [DataRow(1)]
    public void Accumulate_PairsOfTexts_GivesTheFormulasLossAndGradients(int batch)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device);
        Network network = Start();
        double[][] parameters = [.. network.Parameters.Select(parameter => Array.ConvertAll(parameter.Values, value => (double)value))];
        using TrainingPlan plan = Plan(network, store, batch);

        plan.Accumulate(store, [.. Enumerable.Range(0, Texts.Length)]);

        Assert.AreEqual(Loss(parameters), plan.State.Loss, 1e-6);
        Assert.AreEqual("tokens.types.weight", network.Parameters[1].Name);
        for (int p = 0; p < parameters.Length; p++)
        {
            Tensor gradient = plan.Context.Gradient(network.Parameters[p]);
            for (int i = 0; i < parameters[p].Length; i++)
            {
                (int row, int column) = Math.DivRem(i, gradient.Columns);
                Assert.AreEqual(Difference(parameters, p, i), At(gradient, row, column), 1e-6, $"parameter {p}, element {i}");
            }
        }
    }

    /// <summary>A frozen table of types is read and stays; all else moves as if it trained.</summary>
    [TestMethod]
    public void Step_FrozenTypes_StayAsTheyAre()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device);
        Network frozen = Start(), free = Start();
        float[] types = [.. frozen.Parameters[1].Values];
        Step(frozen, store, frozen.Parameters[1]);
        Step(free, store);

        CollectionAssert.AreEqual(types, frozen.Parameters[1].Values);
        CollectionAssert.AreNotEqual(types, free.Parameters[1].Values);
        foreach (int other in new[] { 0, 2, 3 })
        {
            CollectionAssert.AreEqual(free.Parameters[other].Values, frozen.Parameters[other].Values, free.Parameters[other].Name);
        }
    }

    private static void Step(Network network, RowStore store, params Parameter[] frozen)
    {
        using TrainingPlan plan = Plan(network, store, Texts.Length, frozen);
        plan.Step(store, [.. Enumerable.Range(0, Texts.Length)], 0.5f);
        plan.Store();
    }

    private static unsafe double At(Tensor gradient, int row, int column) => ((float*)gradient.Row(row))[column];

    private static double Difference(double[][] parameters, int p, int i)
    {
        const double Step = 1e-6;
        double kept = parameters[p][i];
        parameters[p][i] = kept + Step;
        double above = Loss(parameters);
        parameters[p][i] = kept - Step;
        double below = Loss(parameters);
        parameters[p][i] = kept;
        return (above - below) / (2 * Step);
    }

    /// <summary>Mean of −log softmax(W·mean(table + types) + b) of each text's class.</summary>
    private static double Loss(double[][] p) => Texts.Index().Average(text =>
    {
        double[] pooled = [.. Enumerable.Range(0, Columns).Select(c => text.Item.Index().Average(
            token => p[0][(token.Item * Columns) + c] + p[1][(TypeOf(text.Item, token.Index) * Columns) + c]))];
        double[] logits = [.. Enumerable.Range(0, Classes).Select(
            o => p[3][o] + pooled.Select((value, c) => value * p[2][(o * Columns) + c]).Sum())];
        return Math.Log(logits.Sum(Math.Exp)) - logits[text.Index % Classes];
    });

    private static int TypeOf(int[] text, int step) => text.Take(step).Contains(Separator) ? 1 : 0;

    private static Network Start()
    {
        var network = new Network(new NetworkSpec(
            [new TokensInput(RowSchema.Features, Most, Vocabulary)],
            [
                new EmbeddingSpec("tokens", Columns, Separator: Separator),
                new PoolingSpec("pooling", Pooling.Mean),
                new LinearSpec("output", Classes),
            ]));
        network.Initialize(seed: 4);
        foreach (Parameter table in network.Parameters.Take(2))
        {
            foreach (ref float value in table.Values.AsSpan())
            {
                value *= 50;
            }
        }

        return network;
    }

    private static TrainingPlan Plan(Network network, RowStore store, int batch, params Parameter[] frozen) => new(
        network,
        new PlanSettings(PrecisionPolicy.Float32, LossScaling.None.Resolve(PrecisionPolicy.Float32), Examples.AdamW, batch)
        {
            BatchSteps = store.MostSteps(batch),
            Loss = new CrossEntropyLoss(),
            Frozen = frozen.ToHashSet(),
        },
        store.Device);

    private static RowStore Store(CpuDevice device)
    {
        var store = new RowStore(device, RowSchema.Sequences(Most, Vocabulary, hasWeights: false, targetNumbers: null));
        foreach ((int number, int[] text) in Texts.Index())
        {
            store.Append(Enumerable.Range(0, Most).Select(t => t < text.Length ? text[t] + 1f : 0f).ToArray(), number % Classes, 1);
        }

        return store;
    }
}
