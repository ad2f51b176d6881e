using Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Ops;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Ops;

/// <summary>Every row of the operation table on a card: against the double-precision formula, and against its twin on the CPU.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaOperationTests : CudaDeviceTest
{
    /// <summary>Row × policy × examples; of sequences few, as differences of 130 examples of several steps take minutes.</summary>
    public static IEnumerable<object[]> Cases
        => from row in OperationTable.Rows
           from policy in OperationCheck.Policies
           from examples in row.IsSequence ? new[] { 1, 9 } : [1, 9, 130]
           select new object[] { row.Name, policy, examples };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Forward_TableRow_EqualsTheFormula(string name, string policy, int examples)
        => OperationCheck.Forward(name, policy, examples, Device);

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Backward_TableRow_EqualsCentralDifferences(string name, string policy, int examples)
        => OperationCheck.Backward(name, policy, examples, Device);

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void TableRow_BothEngines_AgreeAndTheCardRepeatsItsBits(string name, string policy, int examples)
        => AssertAgree(name, policy, examples, Cpu, Device);

    /// <summary>Row × policy, of heads that fill the tiles of each kernel on Tensor Cores, and examples beyond one of its blocks.</summary>
    public static IEnumerable<object[]> Wide
        => from row in SequenceTable.Wide
           from policy in OperationCheck.Policies
           from examples in new[] { 4, 130 }
           select new object[] { row.Name, policy, examples };

    /// <summary>Row of longer sequences × policy.</summary>
    public static IEnumerable<object[]> Longer
        => from row in SequenceTable.Longer
           from policy in OperationCheck.Policies
           select new object[] { row.Name, policy };

    [TestMethod]
    [DynamicData(nameof(Longer))]
    public void LongerSequences_BothEngines_AgreeAndTheCardRepeatsItsBits(string name, string policy)
        => AssertAgree(name, policy, examples: 4, Cpu, Device);

    [TestMethod]
    [DynamicData(nameof(Wide))]
    public void WideHeads_BothEngines_AgreeAndTheCardRepeatsItsBits(string name, string policy, int examples)
        => AssertAgree(name, policy, examples, Cpu, Device);

    /// <summary>Both engines agree, and the card gives the same bits again and adds to what is there.</summary>
    private static void AssertAgree(string name, string policy, int examples, Device cpu, Device device)
    {
        OperationRow row = OperationCheck.Row(name);
        using OperationHarness expected = OperationCheck.Harness(row, policy, examples, cpu),
        first = OperationCheck.Harness(row, policy, examples, device),
        second = OperationCheck.Harness(row, policy, examples, device),
        third = OperationCheck.Harness(row, policy, examples, device);

        // Both round at the same points, so that what differs is the order of Float32 sums and, where such a sum lies between two 16-bit
        // values, which of the two is stored.
        double tolerance = OperationCheck.Tolerance(policy) * OperationCheck.Depth(row);
        AssertClose(expected.Y, first.Y, tolerance, "y");
        CollectionAssert.AreEqual(first.Y, second.Y);
        double[][] wanted = expected.Backward(), got = first.Backward(), again = second.Backward();
        for (int p = 0; p < wanted.Length; p++)
        {
            AssertClose(wanted[p], got[p], 4 * tolerance, $"gradient of parameter {p}");
            CollectionAssert.AreEqual(got[p], again[p]);
        }

        double[][] twice = third.Backward(addTo: got);
        for (int p = 0; p < wanted.Length; p++)
        {
            AssertClose([.. got[p].Select(value => 2 * value)], twice[p], 2e-6, $"accumulated gradient of parameter {p}");
        }
    }

    /// <summary>Row in which operations share something × policy.</summary>
    public static IEnumerable<object[]> SharingCases
        => from row in SharingTable.Rows
           from policy in OperationCheck.Policies
           select new object[] { row.Name, policy };

    /// <summary>
    /// What several operations add to one gradient is added in turn, also where weight gradients are computed beside the rest.
    /// </summary>
    [TestMethod]
    [DynamicData(nameof(SharingCases))]
    public void Backward_BranchesOverlappedOrInTurn_GiveTheSameBits(string name, string policyName)
    {
        OperationRow row = OperationCheck.Row(name);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        using var inTurn = new OperationHarness(row, policy, examples: 1000, seed: 11, Device);
        double[][] expected = inTurn.Backward();
        for (int repetition = 0; repetition < 20; repetition++)
        {
            // Anew each time: backward overwrites what it needs no more of what forward saved.
            using var overlapped = new OperationHarness(row, policy, examples: 1000, seed: 11, Device, branches: true);
            double[][] actual = overlapped.Backward();
            for (int p = 0; p < expected.Length; p++)
            {
                CollectionAssert.AreEqual(expected[p], actual[p], $"gradient of parameter {p}");
            }
        }
    }

    [TestMethod]
    public void Product_PaddedColumns_AreReadAsZeros()
    {
        // 100 columns lie 104 apart; products read all 104 where both operands' padding is 0.
        using OperationHarness harness = OperationCheck.Harness(
            new OperationRow(
                "wide",
                typeof(LinearOp),
                100,
                [(24, 100), (1, 24)],
                (plan, x, p) => plan.Linear("op", x, p[0], p[1]),
                (_, _) => []), "mixed_bfloat16", 33, Device);
        MatmulKey key = Device.Own<MatmulPlans>(_ => throw new InvalidOperationException("no products")).Algorithms.Single().Key;
        Assert.AreEqual(104, key.Shape.K);
        harness.Backward();
        Assert.IsTrue(
            Device.Own<MatmulPlans>(_ => throw new InvalidOperationException("no products")).Algorithms.Any(
                product => product.Key.Shape == new MatmulShape(24, 104, 33)));
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.HasCount(expected.Length, actual);
        double scale = expected.Length == 0 ? 1 : Math.Max(1, expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerance.AssertClose(expected[i], actual[i], tolerance * scale, 0, $"{what}, element {i}");
        }
    }
}
