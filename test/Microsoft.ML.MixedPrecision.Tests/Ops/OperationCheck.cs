using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>What every row of the operation table must show, on any engine: forward against the double-precision formula, backward against
/// its central differences.</summary>
internal static class OperationCheck
{
    /// <summary>The policies that the table is run under.</summary>
    public static readonly string[] Policies = ["float32", "tensorfloat32", "mixed_float16", "mixed_bfloat16"];

    /// <summary>y of every example.</summary>
    public static void Forward(string name, string policyName, int examples, Device device)
    {
        OperationRow row = Row(name);
        using OperationHarness harness = Harness(row, policyName, examples, device);
        double[][] parameters = Values(harness);
        double tolerance = Tolerance(policyName);
        double[][] y = row.Reference(Rows(row, harness), parameters);
        Assert.HasCount(y.Sum(values => values.Length), harness.Y);
        for (int at = 0; at < y.Length; at++)
        {
            double[] expected = y[at];
            for (int column = 0; column < expected.Length; column++)
            {
                double actual = harness.Y[(at * expected.Length) + column];
                Assert.AreEqual(
                    expected[column],
                    actual,
                    tolerance * Math.Max(1, Math.Abs(expected[column])) * Depth(row),
                    $"row {at}, column {column}");
            }
        }
    }

    /// <summary>The gradient of every parameter.</summary>
    public static void Backward(string name, string policyName, int examples, Device device)
    {
        OperationRow row = Row(name);
        using OperationHarness harness = Harness(row, policyName, examples, device);
        double[][] parameters = Values(harness);
        double[][] once = harness.Backward();
        for (int p = 0; p < parameters.Length; p++)
        {
            double[] expected = [.. Enumerable.Range(0, parameters[p].Length).Select(i => Difference(row, harness, parameters, p, i))];

            // Rounded operands of either sign add up: the error follows the largest gradient, not each one.
            double scale = Math.Max(1, expected.Max(Math.Abs));
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], once[p][i], 4 * Tolerance(policyName) * scale * Depth(row), $"parameter {p}, element {i}");
            }
        }
    }

    /// <summary>A row by its name.</summary>
    public static OperationRow Row(string name)
        => OperationTable.Rows.Concat(SequenceTable.Wide).Concat(SequenceTable.Longer).Single(candidate => candidate.Name == name);

    /// <summary>The row run forward with fixed random numbers.</summary>
    public static OperationHarness Harness(OperationRow row, string policyName, int examples, Device device)
        => new(row, PrecisionPolicy.Parse(policyName), examples, seed: 11, device);

    /// <summary>A few units of the format: operands are exact, so what remains is rounding of stored values and of Float32 sums.</summary>
    public static double Tolerance(string policyName) => policyName switch
    {
        "float32" => 3e-6,
        "tensorfloat32" or "mixed_float16" => 3.0 / 1024,
        _ => 3.0 / 128,
    };

    /// <summary>How many roundings follow each other, at most.</summary>
    public static int Depth(OperationRow row) => row.Roundings ?? Math.Max(1, row.Parameters.Length);

    private static double[][] Rows(OperationRow row, OperationHarness harness) => [.. harness.X.Chunk(row.Width)];

    private static double[][] Values(OperationHarness harness)
        => [.. harness.Parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];

    /// <summary>(f(θ + h) − f(θ − h)) ÷ 2h with f = Σ y·dy, all in double precision.</summary>
    private static double Difference(OperationRow row, OperationHarness harness, double[][] parameters, int p, int i)
    {
        const double Step = 1e-6;
        double kept = parameters[p][i];
        parameters[p][i] = kept + Step;
        double above = Weighted(row, harness, parameters);
        parameters[p][i] = kept - Step;
        double below = Weighted(row, harness, parameters);
        parameters[p][i] = kept;
        return (above - below) / (2 * Step);
    }

    private static double Weighted(OperationRow row, OperationHarness harness, double[][] parameters)
    {
        double sum = 0;
        int at = 0;
        foreach (double y in row.Reference(Rows(row, harness), parameters).SelectMany(values => values))
        {
            sum += y * harness.Dy[at++];
        }

        return sum;
    }
}
