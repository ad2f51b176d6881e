using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Tests.Training;

[TestClass]
public sealed class ValidationTests
{
    [TestMethod]
    [DataRow(1, false)]
    [DataRow(1500, false)] // a full batch of 1024 and a part of one
    [DataRow(1500, true)]
    public void Run_AnyRows_EqualsTheFormula(int rows, bool weights)
    {
        using var device = new CpuDevice(2);
        using ExampleStore store = Examples.Clusters(device, NumericFormat.Float32, rows, 6, 4, weights);
        Network network = Examples.Network(6, [10], 4, ActivationKind.Tanh);
        var reference = new ReferenceLoss(store, network);

        (double loss, double? accuracy) = new Validation(store, Examples.Rows(rows), device, new CrossEntropyLoss()).Run(network);

        Assert.AreEqual(reference.Loss(), loss, 1e-6);
        Assert.AreEqual(reference.Accuracy(), accuracy!.Value, 1e-12);
    }

    /// <summary>Each epoch validates: threads of its own would pile up until the finalizer takes them.</summary>
    [TestMethod]
    public void Run_UsesTheGivenDevice()
    {
        var device = new CpuDevice(2);
        using ExampleStore store = Examples.Clusters(device, NumericFormat.Float32, 10, 6, 4);
        var validation = new Validation(store, Examples.Rows(10), device, new CrossEntropyLoss());
        device.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => validation.Run(Examples.Network(6, [10], 4)));
    }
}
