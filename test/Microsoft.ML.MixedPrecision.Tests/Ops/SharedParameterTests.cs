using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>A network with shared parameters has the gradients of one where each place has its own, added up.</summary>
/// <remarks>No activation stands between the products, as its derivative would be rounded elsewhere where parameters are shared.</remarks>
[TestClass]
public sealed unsafe class SharedParameterTests
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

    /// <summary>
    /// The second use goes on from what the first has staged: r ← 0.9·r + 0.1·mean, twice, also in a step's first micro-batch.
    /// </summary>
    [TestMethod]
    public void States_BatchNormUsedTwice_TakeBothBatches()
    {
        const int Examples = 8;
        using var device = new CpuDevice(1);
        Parameter scale = new("scale", 1, 1, decays: false), shift = new("shift", 1, 1, decays: false);
        (scale.Values[0], shift.Values[0]) = (2f, 0.75f);
        var parts = new BatchNormParts(scale, shift, new LayerState("mean", 1, 3), new LayerState("variance", 1, 1));
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        Value x = PlanBuilder.Input("x", 1, NumericFormat.Float32);
        plan.Finish(plan.BatchNorm("second", plan.BatchNorm("first", x, parts), parts));
        using var arenas = new ParameterArenas(device, plan.Parameters, WeightUpdate.Master, 0);
        using var states = new StateArenas(device, plan.States);
        using var context = new SeparateContext(device, arenas, states, Examples);
        for (int row = 0; row < Examples; row++)
        {
            *(float*)context[x].Row(row) = row + 1;
        }

        foreach (Op op in plan.Ops)
        {
            op.Forward(context);
        }

        // The mean of 1 … 8, then that of the first one's output, which is its shift.
        Assert.AreEqual((0.9 * ((0.9 * 3) + (0.1 * 4.5))) + (0.1 * 0.75), *(float*)states[parts.Mean].Staged.Address, 1e-6);
        Assert.AreEqual(3f, *(float*)states[parts.Mean].Committed.Address);
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
