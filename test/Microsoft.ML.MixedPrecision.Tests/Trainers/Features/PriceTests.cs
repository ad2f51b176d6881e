using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Features;

/// <summary>Houses with their size in square metres, year and lot value in units of money, as they come: without scaling the training is
/// told to be at the wrong scale, with it there is nothing to say.</summary>
[TestClass]
public sealed class PriceTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Houses = Ml.Data.LoadFromEnumerable(Rows());

    [TestMethod]
    [DataRow(FeatureScaling.None, true)]
    [DataRow(FeatureScaling.Standard, false)]
    public void Fit_OfPricesAsTheyAre_SaysSoWhereTheyAreNotScaled(FeatureScaling scaling, bool said)
    {
        var options = new MlpRegressionTrainer.Options
        {
            LabelColumnName = "Price",
            HiddenLayers = [8],
            Epochs = 3,
            FeatureScaling = scaling,
            Device = ComputeDevice.Cpu,
        };

        TrainingResult training = Ml.MixedPrecision().Trainers.MlpRegression(options).Fit(Houses).Training!;

        string[] warnings = [.. training.Warnings.Where(text => text.Contains("far from a scale of 1; slot", StringComparison.Ordinal))];
        Assert.HasCount(said ? 1 : 0, warnings);
        StringAssert.Contains(warnings.FirstOrDefault() ?? "slot (root mean square): 2 (", "slot (root mean square): 2 (");
    }

    private static House[] Rows()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 150).Select(_ =>
        {
            float size = random.Next(40, 250), year = random.Next(1900, 2026), lot = random.Next(50_000, 900_000);
            return new House { Features = [size, year, lot], Price = (2000 * size) + lot };
        })];
    }

    private sealed class House
    {
        [VectorType(3)]
        public float[] Features { get; set; } = [];

        public float Price { get; set; }
    }
}
