using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>A network with shared parameters has the gradients of one where each place has its own, added up.</summary>
/// <remarks>No activation stands between the products, as its derivative would be rounded elsewhere where parameters are shared.</remarks>
[TestClass]
public sealed class SharedParameterTests
{
    /// <summary>Policy × examples.</summary>
    public static IEnumerable<object[]> Cases
        => from policy in OperationCheck.Policies
           from examples in new[] { 1, 9, 40 }
           select new object[] { policy, examples };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Gradients_LinearUsedThrice_AreTheSumOfThree(string policyName, int examples)
        => AssertSum(policyName, examples, [(7, 7), (1, 7)], times: 3, (plan, x, p, i) => plan.Linear($"op{i}", x, p[0], p[1]));

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Gradients_LayerNormUsedTwice_AreTheSumOfTwo(string policyName, int examples)
        => AssertSum(policyName, examples, [(1, 7), (1, 7)], times: 2, (plan, x, p, i) => plan.LayerNorm($"norm{i}", x, p[0], p[1]));

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Gradients_BatchNormUsedTwice_AreTheSumOfTwo(string policyName, int examples)
        => AssertSum(policyName, examples, [(1, 7), (1, 7)], times: 2, (plan, x, p, i)
            => plan.BatchNorm($"norm{i}", x, OperationTable.BatchNorm(p[0], p[1])));

    /// <summary>The second use goes on from what the first has staged: r ← 0.9·r + 0.1·statistic, twice.</summary>
    [TestMethod]
    public void States_BatchNormUsedTwice_TakeBothBatches()
    {
        using var device = new CpuDevice(1);
        var mean = new LayerState("mean", 5, 3);
        var row = new OperationRow(
            "shared",
            typeof(BatchNormOp),
            5,
            [(1, 5), (1, 5)],
            (plan, x, p) =>
            {
                var parts = new BatchNormParts(p[0], p[1], mean, new LayerState("variance", 5, 1));
                return plan.BatchNorm("second", plan.BatchNorm("first", x, parts), parts);
            },
            (_, _) => []);
        using var harness = new OperationHarness(row, PrecisionPolicy.Float32, examples: 8, seed: 3, device);
        float[] staged = new float[5];
        device.Read<float>(harness.States[mean].Staged.Address, staged);

        for (int column = 0; column < 5; column++)
        {
            // The harness stands behind the step's first rows, so that the first use begins with what is staged: the start. The mean of the
            // first one's output, which the second normalises, is its shift.
            double first = Enumerable.Range(0, 8).Average(example => harness.X[(example * 5) + column]);
            double expected = (0.9 * ((0.9 * 3) + (0.1 * first))) + (0.1 * harness.Parameters[1].Values[column]);
            Assert.AreEqual(expected, staged[column], 1e-6, $"column {column}");
        }
    }

    private static void AssertSum(
        string policyName,
        int examples,
        (int Rows, int Columns)[] shapes,
        int times,
        Func<PlanBuilder, Value, Parameter[], int, Value> layer)
    {
        using var device = new CpuDevice(2);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        int inputs = shapes[0].Columns;

        // A product before and behind shows that the gradients of values are right too.
        (int, int)[] ends = [(inputs, inputs), (1, inputs), (4, inputs), (1, 4)];
        OperationRow shared = Row([.. ends, .. shapes], p => [.. Enumerable.Repeat(p, times)]);
        using var tied = new OperationHarness(shared, policy, examples, seed: 5, device, values: _ => null);
        (int, int)[] repeated = [.. ends, .. Enumerable.Repeat(shapes, times).SelectMany(all => all)];
        OperationRow untied = Row(repeated, p => [.. p.Chunk(shapes.Length)]);
        using var apart = new OperationHarness(untied, policy, examples, seed: 5, device, values: Tied);

        CollectionAssert.AreEqual(tied.Y, apart.Y, "the test needs the same values");
        double[][] actual = tied.Backward(), expected = apart.Backward();
        for (int p = 0; p < ends.Length; p++)
        {
            CollectionAssert.AreEqual(expected[p], actual[p], $"parameter {p}, which is not shared");
        }

        for (int p = 0; p < shapes.Length; p++)
        {
            // The last use comes first in the backward pass.
            float[] sum = [.. expected[ends.Length + ((times - 1) * shapes.Length) + p].Select(value => (float)value)];
            for (int use = times - 2; use >= 0; use--)
            {
                sum = [.. sum.Zip(expected[ends.Length + (use * shapes.Length) + p], (a, b) => a + (float)b)];
            }

            CollectionAssert.AreEqual(sum.Select(value => (double)value).ToArray(), actual[ends.Length + p], $"shared parameter {p}");
            Assert.IsTrue(sum.Any(value => value != 0) || examples == 1, "the test needs gradients");
        }

        float[] Tied(int i) => tied.Parameters[i < ends.Length ? i : ends.Length + ((i - ends.Length) % shapes.Length)].Values;

        OperationRow Row((int, int)[] parameters, Func<Parameter[], Parameter[][]> uses) => new(
            "shared",
            typeof(LinearOp),
            inputs,
            parameters,
            (plan, x, p) =>
            {
                Value value = plan.Linear("start", x, p[0], p[1]);
                int i = 0;
                foreach (Parameter[] use in uses(p[ends.Length..]))
                {
                    value = layer(plan, value, use, i++);
                }

                return plan.Linear("end", value, p[2], p[3]);
            },
            (_, _) => []);
    }
}
