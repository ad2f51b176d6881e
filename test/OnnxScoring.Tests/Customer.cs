using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;

namespace OnnxScoring.Tests;

/// <summary>A row with a column of each kind, and a pipeline that reads them all.</summary>
internal sealed class Customer
{
    /// <summary>NaN where it is not known.</summary>
    public float Age { get; set; }

    public double Income { get; set; }

    public string City { get; set; } = "";

    public bool Smokes { get; set; }

    public int Visits { get; set; }

    [VectorType(2)]
    public float[] Scores { get; set; } = [];

    public bool WillPay { get; set; }

    /// <summary>Rows, the same each time.</summary>
    public static Customer[] Rows(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => Row(random))];
    }

    /// <summary>Trains on rows.</summary>
    public static ITransformer Fit(MLContext ml, IDataView rows)
        => ml.Transforms.ReplaceMissingValues("Age")
            .Append(ml.Transforms.Categorical.OneHotEncoding("CityFeatures", "City"))
            .Append(
                ml.Transforms.Conversion.ConvertType(
                    [new("IncomeFeature", "Income"), new("SmokesFeature", "Smokes"), new("VisitsFeature", "Visits")]))
            .Append(
                ml.Transforms.Concatenate("Features", "Age", "IncomeFeature", "CityFeatures", "SmokesFeature", "VisitsFeature", "Scores"))
            .Append(ml.Transforms.NormalizeMinMax("Features"))
            .Append(
                ml.MixedPrecision().Trainers.MlpBinary(
                    new MlpBinaryTrainer.Options
                    {
                        LabelColumnName = "WillPay",
                        HiddenLayers = [8],
                        Epochs = 3,
                        Seed = 1,
                        MissingValues = MissingValues.Reject, // So that a customer without a number has no score.
                    }))
            .Fit(rows);

    private static Customer Row(Random random) => new()
    {
        Age = random.Next(6) == 0 ? float.NaN : random.Next(18, 90),
        Income = random.Next(10_000, 90_000),
        City = random.GetItems(["Oslo", "Rome", "São Paulo"], 1)[0],
        Smokes = random.Next(2) == 0,
        Visits = random.Next(20),
        Scores = [random.NextSingle(), random.NextSingle()],
        WillPay = random.Next(2) == 0,
    };
}
