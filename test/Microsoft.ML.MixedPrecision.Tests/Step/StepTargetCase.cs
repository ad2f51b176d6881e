using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Texts of different length, packed without padding, with a class for some of their tokens: a table of tokens and one of places,
/// which add up, a linear layer, and the loss as a formula in double precision.</summary>
internal static class StepTargetCase
{
    /// <summary>Tokens of the longest text, entries of the vocabulary, columns of the table, classes.</summary>
    public const int Tokens = 6, Vocabulary = 9, Columns = 3, Classes = 5;

    /// <summary>The texts; one has no tokens.</summary>
    private static readonly int[][] Texts =
        [[3, 1, 8, 3, 0, 2], [5], [2, 2], [], [7, 4, 1], [8, 8, 8, 8], [6, 3], [1, 5, 2, 4, 7]];

    /// <summary>Class of each token from 1, or 0 for none; one text has none.</summary>
    private static readonly int[][] Labels =
        [[0, 2, 0, 5, 1, 0], [3], [0, 0], [], [4, 0, 4], [1, 2, 3, 4], [0, 5], [5, 0, 0, 1, 0]];

    /// <summary>Texts.</summary>
    public static int Rows => Texts.Length;

    /// <summary>Tokens that have a class.</summary>
    public static int Positions => Labels.Sum(labels => labels.Count(label => label != 0));

    /// <summary>Tokens of one class, from 0.</summary>
    public static int TokensOf(int label) => Labels.Sum(labels => labels.Count(key => key == label + 1));

    /// <summary>Tokens of a text that have a class.</summary>
    public static int PositionsOf(int row) => Labels[row].Count(label => label != 0);

    /// <summary>tokens → table, and places → table → linear, starting weights drawn.</summary>
    public static Network Network()
    {
        var network = new Network(new NetworkSpec(
            [new TokensInput(RowSchema.Features, Tokens, Vocabulary)],
            [new EmbeddingSpec("tokens", Columns), new PositionsSpec("positions"), new LinearSpec("output", Classes)]));
        network.Initialize(seed: 4);

        // The tables' numbers are too small to tell a wrong gradient of the linear layer.
        for (int table = 0; table < 2; table++)
        {
            foreach (ref float value in network.Parameters[table].Values.AsSpan())
            {
                value *= 50;
            }
        }

        return network;
    }

    /// <summary>The texts as rows.</summary>
    /// <param name="device">Owner of the memory.</param>
    /// <param name="hasWeights">Whether tokens have weights.</param>
    public static RowStore Store(CpuDevice device, bool hasWeights)
    {
        var store = new RowStore(device, RowSchema.StepClasses(Tokens, Vocabulary, Classes, hasWeights));
        for (int row = 0; row < Rows; row++)
        {
            float[] tokens = new float[Tokens];
            for (int step = 0; step < Texts[row].Length; step++)
            {
                tokens[step] = Texts[row][step] + 1;
            }

            float[] weights = [.. Enumerable.Range(0, Texts[row].Length).Select(step => WeightOf(row, step))];
            store.AppendSteps(new RowFeatures(tokens), Labels[row], hasWeights ? weights : []);
        }

        return store;
    }

    /// <summary>The mean cross-entropy of the tokens that have a class, in double precision.</summary>
    /// <param name="parameters">Table of tokens, of places, weight, bias; row by row.</param>
    /// <param name="smoothing">ε.</param>
    /// <param name="hasWeights">Whether tokens have weights.</param>
    public static double Loss(double[][] parameters, double smoothing = 0, bool hasWeights = false)
    {
        double loss = 0;
        for (int row = 0; row < Rows; row++)
        {
            for (int step = 0; step < Texts[row].Length; step++)
            {
                double[] x = [.. Enumerable.Range(0, Columns).Select(
                    column => parameters[0][(Texts[row][step] * Columns) + column] + parameters[1][(step * Columns) + column])];
                double[] logits = [.. Enumerable.Range(0, Classes).Select(
                    k => parameters[3][k] + x.Zip(parameters[2][(k * Columns)..]).Sum(pair => pair.First * pair.Second))];
                double weight = Labels[row][step] == 0 ? 0 : hasWeights ? WeightOf(row, step) : 1;
                double logSum = Math.Log(logits.Sum(Math.Exp));
                for (int k = 0; k < Classes; k++)
                {
                    double target = (smoothing / Classes) + (k + 1 == Labels[row][step] ? 1 - smoothing : 0);
                    loss += weight * target * (logSum - logits[k]);
                }
            }
        }

        return loss / Positions;
    }

    /// <summary>The weights of tokens without a class count for nothing, whatever they are.</summary>
    private static float WeightOf(int row, int step) => 0.25f * (((row * 3) + step) % 7);
}
