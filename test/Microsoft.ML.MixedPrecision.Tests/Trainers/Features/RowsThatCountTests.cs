using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Features;

/// <summary>Rows that weigh 0 are told of where few others are left.</summary>
[TestClass]
public sealed class RowsThatCountTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    [DataRow(99, 1000, "Only 99 of 1000 rows that train weigh more than 0", null)]
    [DataRow(100, 1000, null, null)]
    [DataRow(29, 30, null, "Only 29 of 30 rows held back to validate weigh more than 0")]
    [DataRow(30, 31, null, null)]
    [DataRow(3, 3, null, null)]
    public void OfRows_FewThatCount_AreTold(int counting, int rows, string? training, string? validating)
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: true);
        for (int row = 0; row < rows; row++)
        {
            store.Append([row], 0, row < counting ? 0.5f : 0);
        }

        int[] all = [.. Enumerable.Range(0, rows)];
        AssertStarts(training, RowsThatCount.Training(store, all));
        AssertStarts(validating, RowsThatCount.HeldBack(store, all));
        AssertStarts(
            validating?.Replace("held back to validate", "of the validation set", StringComparison.Ordinal),
            RowsThatCount.ValidationSet(store));
    }

    [TestMethod]
    public void OfRows_WithoutWeights_SaysNothing()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: false);
        store.Append([1], 0, 1);

        Assert.IsNull(RowsThatCount.Training(store, [0]));
        Assert.IsNull(RowsThatCount.ValidationSet(store));
    }

    [TestMethod]
    public void Fit_WhereOneRowOf25Counts_SaysSoOfBothSidesAndNothingOfTheRate()
    {
        Blob[] rows = Blob.Rows(1000);
        foreach (Blob row in rows)
        {
            row.Weight = row.Number % 25 == 0 ? 1 : 0;
        }

        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        MlpMulticlassTrainer.Options options = Blob.Options(
            options => (options.ExampleWeightColumnName, options.ValidationFraction) = ("Weight", null));
        var trained = Blob.Preparation(Ml).Append(Ml.MixedPrecision().Trainers.MlpMulticlass(options)).Fit(data);
        string[] warnings = [.. ((NetworkMulticlassTransformer)trained.LastTransformer).Training!.Warnings];

        Assert.HasCount(2, warnings, string.Join(";", warnings));
        StringAssert.Contains(warnings[0], "rows that train weigh more than 0");
        StringAssert.Contains(warnings[1], "rows held back to validate weigh more than 0: so few decide when training stops");
    }

    private static void AssertStarts(string? expected, string? actual)
    {
        Assert.AreEqual(expected is null, actual is null, actual);
        StringAssert.StartsWith(actual ?? "", expected ?? "");
    }
}
