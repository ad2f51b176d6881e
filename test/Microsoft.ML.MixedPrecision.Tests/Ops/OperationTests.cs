using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Every row of the operation table: forward against the double-precision formula, backward against its central
/// differences.</summary>
[TestClass]
public sealed class OperationTests
{
    /// <summary>Row × policy × examples × every SIMD width.</summary>
    public static IEnumerable<object[]> Cases
        => from row in OperationTable.Rows
           from policy in OperationCheck.Policies
           from examples in new[] { 1, 9 }
           from path in CpuCases.AllPaths
           select new object[] { row.Name, policy, examples, path.ToString() };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Forward_TableRow_EqualsTheFormula(string name, string policyName, int examples, string path)
    {
        using CpuDevice device = Device(path);
        OperationCheck.Forward(name, policyName, examples, device);
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Backward_TableRow_EqualsCentralDifferences(string name, string policyName, int examples, string path)
    {
        using CpuDevice device = Device(path);
        OperationCheck.Backward(name, policyName, examples, device);
    }

    /// <summary>Row of longer sequences × policy.</summary>
    public static IEnumerable<object[]> Longer
        => from row in SequenceTable.Longer
           from policy in OperationCheck.Policies
           select new object[] { row.Name, policy };

    [TestMethod]
    [DynamicData(nameof(Longer))]
    public void Forward_LongerSequences_EqualsTheFormula(string name, string policyName)
    {
        using var device = new CpuDevice(2);
        OperationCheck.Forward(name, policyName, examples: 4, device);
    }

    /// <summary>Row × policy, but for dropout, whose masks are drawn by example, and members, which rows of an example are.</summary>
    public static IEnumerable<object[]> Sequences
        => from row in OperationTable.Rows
           where !row.IsSequence && row.OpType != typeof(DropoutOp) && !MemberTable.Rows.Any(members => members.Name == row.Name)
           from policy in OperationCheck.Policies
           select new object[] { row.Name, policy };

    [TestMethod]
    [DynamicData(nameof(Sequences))]
    public void TableRow_ExamplesOfThreeRows_GiveTheBitsOfThreeTimesTheExamples(string name, string policyName)
    {
        using var device = new CpuDevice(2);
        OperationRow row = OperationCheck.Row(name);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        using var table = new OperationHarness(row, policy, examples: 12, seed: 11, device);
        using var sequence = new OperationHarness(row, policy, examples: 4, seed: 11, device, rowsPerExample: 3);

        CollectionAssert.AreEqual(table.Y, sequence.Y);
        foreach ((double[] expected, double[] actual) in table.Backward().Zip(sequence.Backward()))
        {
            CollectionAssert.AreEqual(expected, actual);
        }

        IEnumerable<int> rows = table.Ops.SelectMany(op => op.Outputs).Select(value => value.Shape.Rows);
        CollectionAssert.AreEqual(
            rows.Select(one => 3 * one).ToArray(),
            sequence.Ops.SelectMany(op => op.Outputs).Select(value => value.Shape.Rows).ToArray(),
            "an output has the rows of its input");
    }

    [TestMethod]
    public void Table_EveryOperation_HasARow()
    {
        // Losses have a table of their own.
        IEnumerable<Type> ops = typeof(Op).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Op)) && !type.IsAbstract && type != typeof(LossOp));
        foreach (Type op in ops)
        {
            Assert.IsTrue(OperationTable.Rows.Any(row => row.OpType == op), $"{op.Name} has no row in the operation table");
        }
    }

    /// <summary>Two threads with vectors of a width; skipped where the processor has none so wide, since .NET would split them in
    /// two.</summary>
    private static CpuDevice Device(string name)
    {
        SimdPath path = Enum.Parse<SimdPath>(name);
        if (path.Bits() > SimdPaths.Best.Bits())
        {
            Assert.Inconclusive($"This processor has no vectors of {path.Bits()} bits, only of {SimdPaths.Best.Bits()}; run this test "
                + $"on one that has.");
        }

        return new CpuDevice(2, path);
    }
}
