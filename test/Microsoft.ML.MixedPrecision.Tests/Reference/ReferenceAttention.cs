using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>Attention of one example, in double precision and with whole matrices.</summary>
internal static class ReferenceAttention
{
    private const uint AttentionPurpose = 6;

    /// <summary>(keep ⊙ softmax(Q·Kᵀ/√D))·V of each head, heads beside each other.</summary>
    /// <param name="qkv">Rows of Q, K and V beside each other.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="isCausal">Whether step i sees the steps j ≤ i alone.</param>
    /// <param name="keep">Of head, i and j, what the softmax is multiplied by.</param>
    public static double[][] Of(double[][] qkv, int heads, bool isCausal, Func<int, int, int, double> keep)
    {
        int columns = qkv.Length == 0 ? 0 : qkv[0].Length / 3, size = columns / heads;
        double[][] y = [.. qkv.Select(_ => new double[columns])];
        for (int head = 0; head < heads; head++)
        {
            for (int i = 0; i < qkv.Length; i++)
            {
                int seen = isCausal ? i + 1 : qkv.Length;
                double[] q = Part(qkv[i], 0, head, size);
                double[] scores = [.. qkv.Take(seen).Select(row => Part(row, columns, head, size).Zip(q, (k, x) => k * x).Sum()
                    / Math.Sqrt(size))];
                double[] e = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
                for (int j = 0; j < seen; j++)
                {
                    double weight = e[j] / e.Sum() * keep(head, i, j);
                    for (int c = 0; c < size; c++)
                    {
                        y[i][(head * size) + c] += weight * qkv[j][(2 * columns) + (head * size) + c];
                    }
                }
            }
        }

        return y;
    }

    /// <summary>0, or 1/(1 − p), of element (i, j): the rule as the documentation has it, one element at a time.</summary>
    /// <param name="rate">p.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="position">Where the step stands.</param>
    /// <param name="place">Example of the micro-batch, head, and heads.</param>
    /// <param name="most">The longest example that there can be.</param>
    /// <param name="i">Row.</param>
    /// <param name="j">Column.</param>
    public static double Keep(float rate, int seed, StepPosition position, (int Example, int Head, int Heads) place, int most, int i, int j)
    {
        if (rate == 0)
        {
            return 1;
        }

        int tiles = (most + 15) / 16;
        long example = position.Row + place.Example;
        uint row = (uint)((((example * place.Heads) + place.Head) * tiles) + (i / 16));
        uint group = (uint)((j / 16 * 32) + (4 * (i % 8)) + (j % 8 / 2));
        (uint x0, uint x1, uint x2, uint x3) = Philox.Draw(
            (group, row, (uint)position.Step, (uint)(position.Step >> 32) & 0xFFFF), ((uint)seed, AttentionPurpose));
        int number = (4 * (i % 16 / 8)) + (2 * (j % 16 / 8)) + (j % 2);
        uint word = new[] { x0, x1, x2, x3 }[number / 2];
        uint bits = number % 2 == 0 ? word & 0xFFFF : word >> 16;
        double threshold = Math.Round(rate * 65536);
        return bits >= threshold ? 65536 / (65536 - threshold) : 0;
    }

    private static double[] Part(double[] row, int first, int head, int size)
        => row[(first + (head * size))..(first + ((head + 1) * size))];
}
