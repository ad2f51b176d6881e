using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Losses;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

[TestClass]
public sealed class ValidationTests
{
    public static IEnumerable<object[]> LossNames => LossTable.Names;

    [TestMethod]
    [DataRow(1, false)]
    [DataRow(1500, false)] // a full batch of 1024 and a part of one
    [DataRow(1500, true)]
    public void Run_AnyRows_EqualsTheFormula(int rows, bool weights)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, rows, 6, 4, weights);
        Network network = Examples.Network(6, [10], 4, ActivationKind.Tanh);
        var reference = new ReferenceLoss(store, network);

        (double loss, double? accuracy) = new Validation(store, Examples.Rows(rows), device, new CrossEntropyLoss()).Run(network);

        Assert.AreEqual(reference.Loss(), loss, 1e-6);
        Assert.AreEqual(reference.Accuracy(), accuracy!.Value, 1e-12);
    }

    [TestMethod]
    [DynamicData(nameof(LossNames))]
    public void Run_EveryLoss_EqualsTheFormula(string loss)
    {
        LossRow row = LossTable.Row(loss);
        using var device = new CpuDevice(2);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float32, row.Loss, 1500, 6, 3, weights: true);
        Network network = Examples.Network(6, [10], 3, ActivationKind.Tanh);
        var reference = new ReferenceLoss(store, network, row);

        (double value, double? accuracy) = new Validation(store, Examples.Rows(1500), device, row.Loss).Run(network);

        Assert.AreEqual(reference.Loss(), value, 1e-6 * reference.Loss());
        Assert.AreEqual(row.Loss.CountsCorrect, accuracy.HasValue);
        Assert.AreEqual(reference.Accuracy(), accuracy ?? 0, 1e-12);
    }

    /// <summary>1024 rows of 65,536 words are 256 MiB; rows with more words come in smaller batches, whatever a row takes one at a
    /// time.</summary>
    [TestMethod]
    [DataRow(5000, 1, 1024)]
    [DataRow(5000, 65_536, 1024)]
    [DataRow(5000, 65_537, 1023)]
    [DataRow(5000, 2_200_000, 30)]
    [DataRow(5000, int.MaxValue, 1)]
    [DataRow(7, 1, 7)]
    [DataRow(7, 2_200_000, 7)]
    public void BatchOf_RowsWithManyTargets_TakesFewerAtATime(int rows, int words, int expected)
        => Assert.AreEqual(expected, Validation.BatchOf(rows, words));

    /// <summary>The targets of 1024 rows would be more than an array can hold.</summary>
    [TestMethod]
    public void Constructor_OfRowsWithMillionsOfTargets_HasRoomForABatch()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 2, hasWeights: false, targetWords: 2_200_000);

        Assert.IsNotNull(new Validation(store, Examples.Rows(1024), device, new SquaredErrorLoss()));
    }

    [TestMethod]
    public void Run_RowsWithOtherTargets_SaysHowManyAreWanted()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 10, 6, 4);
        var validation = new Validation(store, Examples.Rows(10), device, new SquaredErrorLoss());

        var error = Assert.ThrowsExactly<ArgumentException>(() => validation.Run(Examples.Network(6, [10], 4)));

        StringAssert.Contains(error.Message, "The store has 1 target words a row; the loss, squared error of 4 outputs, takes 4.");
    }

    /// <summary>Each epoch validates: threads of its own would pile up until the finalizer takes them.</summary>
    [TestMethod]
    public void Run_UsesTheGivenDevice()
    {
        var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 10, 6, 4);
        var validation = new Validation(store, Examples.Rows(10), device, new CrossEntropyLoss());
        device.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => validation.Run(Examples.Network(6, [10], 4)));
    }
}
