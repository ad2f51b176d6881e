using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Small problems for engine tests.</summary>
internal static class Examples
{
    /// <summary>Rows around one centre a class; features within about ±2, rounded to multiples of 1/64 so that every format holds them
    /// exactly. Weights: none, all different, or all <paramref name="weight"/>.</summary>
    public static ExampleStore Clusters(
        CpuDevice device,
        NumericFormat format,
        int rows,
        int features,
        int classes,
        bool weights = false,
        float? weight = null)
    {
        var random = new Random(1);
        float[][] centres = [
            .. Enumerable.Range(0, classes).Select(
                _ => Enumerable.Range(0, features).Select(_ => (float)random.Next(-64, 65) / 64).ToArray())];
        var store = new ExampleStore(device, format.Storage(), features, weights || weight is not null);
        float[] row = new float[features];
        for (int i = 0; i < rows; i++)
        {
            int label = random.Next(classes);
            for (int j = 0; j < features; j++)
            {
                row[j] = centres[label][j] + ((float)random.Next(-32, 33) / 64);
            }

            store.Append(row, label, weight ?? (weights ? 0.5f + (float)random.NextDouble() : 1f));
        }

        return store;
    }

    /// <summary>A network with starting weights.</summary>
    public static Network Network(
        int inputs,
        int[] hidden,
        int outputs,
        ActivationKind activation = ActivationKind.Relu,
        int seed = 1,
        NormalizationKind normalization = NormalizationKind.None,
        bool residual = false,
        float dropout = 0f)
    {
        var network = new Network(new Perceptron(inputs, hidden, activation, outputs, normalization, residual, dropout).ToSpec());
        network.Initialize(seed);
        return network;
    }

    /// <summary>Row numbers 0 … rows − 1.</summary>
    public static int[] Rows(int rows) => [.. Enumerable.Range(0, rows)];

    /// <summary>An order that holds a share of the rows back.</summary>
    public static RowOrder HoldingBack(float fraction, int rows, int seed = 0) => new(rows, HeldBackRows.Draw(rows, fraction, seed), seed);

    /// <summary>AdamW as by default.</summary>
    public static OptimizerSettings AdamW => new(OptimizerKind.AdamW, 1e-2f, 0.9f, 0.999f, 1e-8f, 0f, false);
}
