using System.Globalization;
using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Customers with a column Score of their own before Income and Age, and a model of Amount: all readers agree.</summary>
[TestClass]
public sealed class ShadowedCustomerTests
{
    private const int Count = 60;
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Customer[] Customers = [.. Enumerable.Range(0, Count).Select(Customer.Of)];
    private static readonly IDataView Data = Ml.Data.LoadFromEnumerable(Customers);

    private static readonly ITransformer Model = Ml.MixedPrecision().Trainers.MlpRegression(new MlpRegressionTrainer.Options
    {
        LabelColumnName = "Amount",
        HiddenLayers = [16],
        BatchSize = 16,
        Epochs = 60,
        LearningRate = 2e-2f,
        Seed = 1,
    }).Fit(Data);

    [TestMethod]
    public void Transform_GivesScoreIncomeAndAge() => AssertRows(Model.Transform(Data));

    [TestMethod]
    public void Cache_OfTheResult_HoldsScoreIncomeAndAge() => AssertRows(Ml.Data.Cache(Model.Transform(Data)));

    [TestMethod]
    public void Load_OfTheSavedModel_GivesScoreIncomeAndAge() => AssertRows(Models.Load(Models.Save(Model, Data.Schema)).Transform(Data));

    [TestMethod]
    public void Predict_FromAnEngine_GivesScoreIncomeAndAge()
    {
        var options = new PredictionEngineOptions { OwnsTransformer = false };
        using var engine = Ml.Model.CreatePredictionEngine<Customer, Result>(Model, options);

        AssertRows(Customers.Select(customer => engine.Predict(customer)));
    }

    [TestMethod]
    public void Preview_OfTheResult_ShowsScoreIncomeAndAge()
    {
        DataDebuggerPreview preview = Model.Transform(Data).Preview(Count);

        AssertRows(
            preview.RowView.Select(row => new Result { Score = Of(row, "Score"), Income = Of(row, "Income"), Age = Of(row, "Age") }));

        static float Of(DataDebuggerPreview.RowInfo row, string column) => (float)row.Values.Last(value => value.Key == column).Value;
    }

    [TestMethod]
    public void SaveAsText_OfTheResult_WritesScoreIncomeAndAge()
    {
        using var stream = new MemoryStream();
        IDataView scored = Model.Transform(Data);
        Ml.Data.SaveAsText(Ml.Transforms.DropColumns("Features").Fit(scored).Transform(scored), stream, schema: false);

        string[] text = Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[][] lines = Array.ConvertAll(text, line => line.Trim().Split('\t'));
        AssertRows(lines[1..].Select(line => new Result { Score = Of(line, "Score"), Income = Of(line, "Income"), Age = Of(line, "Age") }));

        float Of(string[] line, string column) => float.Parse(line[Array.IndexOf(lines[0], column)], CultureInfo.InvariantCulture);
    }

    private static void AssertRows(IDataView scored) => AssertRows(Ml.Data.CreateEnumerable<Result>(scored, reuseRowObject: false));

    private static void AssertRows(IEnumerable<Result> results)
    {
        Result[] rows = [.. results];
        Assert.HasCount(Count, rows);
        foreach ((int i, Result row) in rows.Index())
        {
            // Amount is 3.6 for the first customer and from 2.6 to 4.6 for all; a fair fit errs by a few percent of that range.
            Assert.AreEqual(Customers[i].Amount, row.Score, 0.15f, $"Score of row {i}");
            Assert.AreEqual(10000 + i, row.Income, $"Income of row {i}");
            Assert.AreEqual(30 + i, row.Age, $"Age of row {i}");
        }
    }

    private sealed class Result
    {
        public float Score { get; set; }

        public float Income { get; set; }

        public float Age { get; set; }
    }

    private sealed class Customer
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Amount { get; set; }

        public bool WillPay { get; set; }

        public float Score { get; set; } = 700;

        public float Income { get; set; }

        public float Age { get; set; }

        public static Customer Of(int i)
        {
            float x = MathF.Sin(i), y = MathF.Sin(7 * i);
            float amount = 3.6f + (0.7f * x) - (0.3f * y);
            return new Customer { Features = [x, y], Amount = amount, WillPay = x > 0, Income = 10000 + i, Age = 30 + i };
        }
    }
}
