using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Losses;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>The gradient of the whole network, loss included, against central differences of the loss in double precision.</summary>
[TestClass]
public sealed unsafe class NetworkGradientTests
{
    private const int Rows = 12;
    private const int Features = 6;
    private const int Classes = 4;
    private static readonly int[] Hidden = [10, 7];

    /// <summary>The first layer is as wide as the features, the third as the second.</summary>
    private static readonly int[] ResidualHidden = [Features, 11, 11];

    /// <summary>Policy × activation × normalization × residual connections. Static scale 1024 everywhere, to be divided out.</summary>
    public static IEnumerable<object[]> Cases
        => from policy in new[] { "float32", "tensorfloat32", "mixed_float16", "mixed_bfloat16" }
           from activation in Enum.GetValues<ActivationKind>()
           from normalization in Enum.GetValues<NormalizationKind>()
           from residual in new[] { false, true }
           select new object[] { policy, activation, normalization, residual };

    /// <summary>Policy × loss.</summary>
    public static IEnumerable<object[]> Losses
        => from policy in new[] { "float32", "tensorfloat32", "mixed_float16", "mixed_bfloat16" }
           from row in LossTable.Rows
           select new object[] { policy, row.Name };

    [TestMethod]
    [DynamicData(nameof(Losses))]
    public void Accumulate_EveryLoss_EqualsCentralDifferences(string policyName, string loss)
    {
        LossRow row = LossTable.Row(loss);
        using var device = new CpuDevice(2);
        using ExampleStore store = LossExamples.Of(
            device,
            PrecisionPolicy.Parse(policyName).ComputeFormat,
            row.Loss,
            Rows,
            Features,
            Classes,
            weights: true);
        AssertGradient(policyName, device, store, Examples.Network(Features, Hidden, Classes, ActivationKind.Tanh), row);
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Accumulate_WholeNetwork_EqualsCentralDifferences(
        string policyName,
        ActivationKind activation,
        NormalizationKind normalization,
        bool residual)
    {
        using var device = new CpuDevice(2);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        using ExampleStore store = Examples.Clusters(device, policy.ComputeFormat, Rows, Features, Classes, weights: true);
        AssertGradient(
            policyName,
            device,
            store,
            Examples.Network(
                Features,
                residual ? ResidualHidden : Hidden,
                Classes,
                activation,
                normalization: normalization,
                residual: residual),
            LossTable.Plain);
    }

    private static void AssertGradient(string policyName, CpuDevice device, ExampleStore store, Network network, LossRow loss)
    {
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        RoundWeights(network, policy.ComputeFormat);
        LossScaleRule rule = LossScaling.Static(1024).Resolve(PrecisionPolicy.MixedFloat16);
        using var plan = new TrainingPlan(network, new PlanSettings(policy, rule, Examples.AdamW, Rows) { Loss = loss.Loss }, device);
        plan.Accumulate(store, Examples.Rows(Rows), Rows, first: true);
        var reference = new ReferenceLoss(store, network, loss);

        Assert.AreEqual(reference.Loss(), plan.State.Loss, Tolerance(policyName) * 4);
        double[][] derivatives = [
            .. plan.Parameters.Slots.Select(
                slot => Enumerable.Range(0, slot.Parameter.Values.Length).Select(i => reference.Derivative(slot.Parameter, i)).ToArray())];
        double largestOfAll = derivatives.Max(values => values.Max(Math.Abs));
        foreach ((ParameterSlot slot, double[] expected) in plan.Parameters.Slots.Zip(derivatives))
        {
            // A batch normalisation takes away what the bias before it adds: what is left of its gradient is rounding of the rows' own.
            double largest = network.Stored.Any(matrix => matrix is LayerState) ? largestOfAll : expected.Max(Math.Abs);
            for (int i = 0; i < expected.Length; i++)
            {
                int row = i / slot.Parameter.Columns;
                int column = i % slot.Parameter.Columns;
                double actual = plan.Parameters.Gradient(slot)[((long)row * slot.Pitch) + column] / 1024.0;

                // Each of the three or four layers rounds its stored values once; errors follow the largest element of the gradient.
                Assert.AreEqual(expected[i], actual, Tolerance(policyName) * largest, $"{slot.Parameter} [{row}, {column}]");
            }
        }
    }

    private static double Tolerance(string policyName) => policyName switch
    {
        "float32" => 1e-5,
        "tensorfloat32" or "mixed_float16" => 12.0 / 1024,
        _ => 12.0 / 128,
    };

    /// <summary>Starting weights that the compute format holds exactly, so that only rounding of activations remains.</summary>
    private static void RoundWeights(Network network, NumericFormat format)
    {
        foreach (Parameter parameter in network.Parameters)
        {
            foreach (ref float value in parameter.Values.AsSpan())
            {
                value = (float)ReferenceRounding.Round(format, value);
            }
        }
    }
}
