using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

/// <summary>
/// A table that is drawn from a formula, so that the best score that anybody can reach is known: 12 numbers and 6 categories that count or
/// hang together with what counts, and 8 columns of noise.
/// </summary>
internal static class MadeTable
{
    private const double Steepness = 1.7;
    private const double Offset = -0.6;
    private const double Noise = 0.4;
    private const double Unit = 100;

    /// <summary>Draws a table.</summary>
    /// <param name="variant">Weights of the signal's parts.</param>
    /// <param name="question">Yes with probability 1/(1 + exp(0.6 − 1.7·signal)), or the amount 100·(signal + 0.4·t), t of Student's with
    /// three degrees of freedom.</param>
    /// <param name="count">Rows.</param>
    /// <param name="seed">Of coefficients and rows.</param>
    public static TableData Draw(MadeVariant variant, Question question, int count, int seed)
    {
        var formula = new MadeFormula(variant, seed);
        // Rows of their own seed: more of them begin with the same ones.
        var random = new Random(seed + 1_000_000);
        MadeBest best = question == Question.Binary ? new(formula, Probability) : new(formula, signal => Unit * signal);
        var numbers = new List<float[]>(count);
        var categories = new List<string[]>(count);
        bool[] yes = new bool[count], testOnly = new bool[count];
        float[] amounts = new float[count];
        double[] known = new double[count];
        for (int i = 0; i < count; i++)
        {
            MadeRow row = MadeColumns.Draw(random);
            numbers.Add([.. MadeColumns.Values(row), .. MadeColumns.NoiseValues(random)]);
            categories.Add([.. MadeColumns.Names(row), .. MadeColumns.NoiseNames(random)]);
            double signal = formula.Signal(row);
            yes[i] = random.NextDouble() < Probability(signal);
            amounts[i] = (float)(Unit * (signal + (Noise * Student3(random))));
            known[i] = best.Of(row);
            testOnly[i] = row.Levels[^1] >= MadeColumns.ManyLevels;
        }

        TableLabels labels = question == Question.Binary ? TableLabels.Of(yes) : TableLabels.Of(amounts);
        return new(question, labels, ByColumn(numbers), ByColumn(categories)) { Best = known, TestOnly = testOnly };
    }

    private static double Probability(double signal) => 1 / (1 + Math.Exp(-(Offset + (Steepness * signal))));

    /// <summary>Student's t with three degrees of freedom: z₀ ÷ √((z₁² + z₂² + z₃²)/3).</summary>
    private static double Student3(Random random)
    {
        float[] z = new float[4];
        Normal.Fill(random, z);
        return z[0] / Math.Sqrt(((z[1] * z[1]) + (z[2] * z[2]) + (z[3] * z[3])) / 3.0);
    }

    private static T[][] ByColumn<T>(List<T[]> rows)
        => [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Select(row => row[column]).ToArray())];
}
