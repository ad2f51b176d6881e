using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Small problems for every loss.</summary>
internal static class LossExamples
{
    /// <summary>Classes: clusters. Values: a linear function of the features for each output, between about −2 and 2; where answers are
    /// right or wrong, whether it is above 0.</summary>
    public static RowStore Of(
        CpuDevice device,
        NumericFormat format,
        Loss loss,
        int rows,
        int features,
        int outputs,
        bool weights = false)
    {
        if (loss.TargetKind == TargetKind.Class)
        {
            return Examples.Clusters(device, format, rows, features, outputs, weights);
        }

        var random = new Random(1);
        float[][] slopes = [
            .. Enumerable.Range(0, outputs).Select(
                _ => Enumerable.Range(0, features).Select(_ => (float)random.Next(-64, 65) / 64).ToArray())];
        var store = new RowStore(device, format.Storage(), features, weights, loss.TargetWords(outputs));
        for (int i = 0; i < rows; i++)
        {
            float[] x = [.. Enumerable.Range(0, features).Select(_ => (float)random.Next(-64, 65) / 64)];
            float[] y = [.. slopes.Select(slope => slope.Zip(x, (a, b) => a * b).Sum())];
            store.Append(
                x,
                loss.CountsCorrect ? [.. y.Select(value => value > 0 ? 1f : 0f)] : y,
                weights ? 0.5f + (float)random.NextDouble() : 1f);
        }

        return store;
    }
}
