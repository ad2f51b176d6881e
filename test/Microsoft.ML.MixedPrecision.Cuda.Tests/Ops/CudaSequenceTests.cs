using Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;
using Microsoft.ML.MixedPrecision.Tests.Ops;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Ops;

/// <summary>Rows of the operation table that look at whole examples of different length, on a card.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaSequenceTests : CudaDeviceTest
{
    /// <summary>Row × policy × examples.</summary>
    public static IEnumerable<object[]> Cases
        => from row in SequenceTable.Rows
           from policy in OperationCheck.Policies
           from examples in new[] { 1, 9 }
           select new object[] { row.Name, policy, examples };

    /// <summary>Row × policy, of heads that fill the tiles of each kernel on Tensor Cores, and examples beyond one of its blocks.</summary>
    public static IEnumerable<object[]> Wide
        => from row in SequenceTable.Wide
           from policy in OperationCheck.Policies
           from examples in new[] { 4, 130 }
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
        => CudaOperationTests.AssertAgree(name, policy, examples, Cpu, Device);

    [TestMethod]
    [DynamicData(nameof(Wide))]
    public void WideHeads_BothEngines_AgreeAndTheCardRepeatsItsBits(string name, string policy, int examples)
        => CudaOperationTests.AssertAgree(name, policy, examples, Cpu, Device);
}
