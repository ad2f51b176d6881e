using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Every row of the operation table: forward against the double-precision formula, backward against its central differences.</summary>
[TestClass]
public sealed class OperationTests
{
    /// <summary>Row × policy × examples × SIMD width.</summary>
    public static IEnumerable<object[]> Cases
        => from row in OperationTable.Rows
           from policy in new[] { "float32", "tensorfloat32", "mixed_float16", "mixed_bfloat16" }
           from examples in new[] { 1, 9 }
           from path in new[] { SimdPath.Vector256, SimdPath.Portable }
           select new object[] { row.Name, policy, examples, path.ToString() };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Forward_TableRow_EqualsTheFormula(string name, string policyName, int examples, string path)
    {
        OperationRow row = OperationTable.Rows.Single(candidate => candidate.Name == name);
        using OperationHarness harness = Harness(row, policyName, examples, path);
        double[][] parameters = Values(harness);
        double tolerance = Tolerance(policyName);
        for (int example = 0; example < examples; example++)
        {
            double[] expected = row.Reference(harness.X[(example * row.Inputs)..((example + 1) * row.Inputs)], parameters);
            for (int column = 0; column < expected.Length; column++)
            {
                double actual = harness.Y[(example * expected.Length) + column];
                Assert.AreEqual(expected[column], actual, tolerance * Math.Max(1, Math.Abs(expected[column])) * Depth(row), $"example {example}, column {column}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Backward_TableRow_EqualsCentralDifferences(string name, string policyName, int examples, string path)
    {
        OperationRow row = OperationTable.Rows.Single(candidate => candidate.Name == name);
        using OperationHarness harness = Harness(row, policyName, examples, path);
        double[][] parameters = Values(harness);
        double[][] actual = harness.Backward();
        for (int p = 0; p < parameters.Length; p++)
        {
            double[] expected = [.. Enumerable.Range(0, parameters[p].Length).Select(i => Difference(row, harness, parameters, p, i))];

            // Rounded operands of either sign add up: the error follows the largest gradient, not each one.
            double scale = Math.Max(1, expected.Max(Math.Abs));
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[p][i], 4 * Tolerance(policyName) * scale * Depth(row), $"parameter {p}, element {i}");
            }
        }
    }

    [TestMethod]
    public void Table_EveryOperation_HasARow()
    {
        IEnumerable<Type> ops = typeof(Op).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Op)) && !type.IsAbstract);
        foreach (Type op in ops)
        {
            Assert.IsTrue(OperationTable.Rows.Any(row => row.OpType == op), $"{op.Name} has no row in the operation table");
        }
    }

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
        for (int start = 0; start < harness.X.Length; start += row.Inputs)
        {
            foreach (double y in row.Reference(harness.X[start..(start + row.Inputs)], parameters))
            {
                sum += y * harness.Dy[at++];
            }
        }

        return sum;
    }

    private static OperationHarness Harness(OperationRow row, string policyName, int examples, string path)
        => new(row, PrecisionPolicy.Parse(policyName), examples, seed: 11, Enum.Parse<SimdPath>(path));

    private static double[][] Values(OperationHarness harness)
        => [.. harness.Parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];

    /// <summary>A few units of the format: operands are exact, so what remains is rounding of stored values and of Float32 sums.</summary>
    private static double Tolerance(string policyName) => policyName switch
    {
        "float32" => 3e-6,
        "tensorfloat32" or "mixed_float16" => 3.0 / 1024,
        _ => 3.0 / 128,
    };

    private static int Depth(OperationRow row) => Math.Max(1, row.Parameters.Length);
}
