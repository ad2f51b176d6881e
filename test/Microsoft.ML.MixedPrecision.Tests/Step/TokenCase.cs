using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Texts of up to four tokens with a class for each: a table and a linear layer, padded tokens of weight 0, and the loss as a
/// formula in double precision.</summary>
internal static class TokenCase
{
    /// <summary>Texts, tokens of the longest, entries of the vocabulary, columns of the table, classes.</summary>
    public const int Rows = 7, Tokens = 4, Vocabulary = 9, Columns = 3, Classes = 5;

    private static readonly int[][] Texts = [[3, 1, 8, 3], [5], [2, 2], [7, 4, 1], [8, 8, 8, 8], [6, 3], [1, 5, 2, 4]];

    /// <summary>Real tokens of all texts.</summary>
    public static int Positions => Texts.Sum(text => text.Length);

    /// <summary>Real tokens of one class.</summary>
    public static int TokensOf(int label)
        => Texts.Select((text, row) => Enumerable.Range(0, text.Length).Count(token => ClassOf(row, token) == label)).Sum();

    /// <summary>ids → table → linear, starting weights drawn.</summary>
    public static Network Network()
    {
        var network = new Network(new NetworkSpec(
            [new IdsInput("ids", Tokens, Vocabulary)],
            [new EmbeddingSpec("tokens", Columns, Padding: 0), new LinearSpec("output", Classes)]));
        network.Initialize(seed: 4);

        // The table's numbers are too small to tell a wrong gradient of the linear layer.
        foreach (ref float value in network.Parameters[0].Values.AsSpan())
        {
            value *= 50;
        }

        return network;
    }

    /// <summary>The texts, shorter ones filled up with the padding id, any class and weight 0.</summary>
    /// <param name="device">Owner of the memory.</param>
    public static RowStore Store(CpuDevice device)
    {
        var shape = new Shape(Tokens, 1);
        var store = new RowStore(device, new RowSchema(
            SchemaColumn.Ids("ids", shape, Vocabulary),
            SchemaColumn.Lengths("length", Tokens),
            SchemaColumn.Classes(shape, Classes).WithLengths("length"),
            SchemaColumn.Weights(Tokens)));
        for (int row = 0; row < Rows; row++)
        {
            RowWriter writer = store.BeginRow();
            Texts[row].CopyTo(writer.Words<int>(0));
            writer.Words<int>(1)[0] = Texts[row].Length;
            for (int token = 0; token < Tokens; token++)
            {
                writer.Words<int>(2)[token] = ClassOf(row, token);
                writer.Words<float>(3)[token] = token < Texts[row].Length ? 1 : 0;
            }

            writer.Commit();
        }

        return store;
    }

    /// <summary>The mean cross-entropy of the real tokens, in double precision.</summary>
    /// <param name="parameters">Table, weight, bias; row by row.</param>
    public static double Loss(double[][] parameters)
    {
        double loss = 0;
        for (int row = 0; row < Rows; row++)
        {
            for (int token = 0; token < Texts[row].Length; token++)
            {
                double[] x = parameters[0][(Texts[row][token] * Columns)..][..Columns];
                double[] logits = [.. Enumerable.Range(0, Classes).Select(
                    k => parameters[2][k] + x.Zip(parameters[1][(k * Columns)..]).Sum(pair => pair.First * pair.Second))];
                loss += Math.Log(logits.Sum(Math.Exp)) - logits[ClassOf(row, token)];
            }
        }

        return loss / Positions;
    }

    private static int ClassOf(int row, int token) => ((row * 3) + token) % Classes;
}
