using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;
using static Microsoft.ML.DataOperationsCatalog;

namespace Quickstart;

/// <summary>
/// Trains on any CSV file with a header: columns of numbers and of text become features, the label's values decide between classes and a
/// number.
/// </summary>
internal static class YourCsv
{
    public static int Run(string path, string label)
    {
        var mlContext = new MLContext(seed: 1);
        CsvColumns columns;
        try
        {
            columns = CsvColumns.Read(mlContext, path, label);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            Text.Write(e.Message);
            return 2;
        }

        foreach (string sentence in columns.Sentences())
        {
            Text.Write(sentence);
        }

        IDataView data = mlContext.Data.LoadFromTextFile(path, columns.Loader());
        TrainTestData split = mlContext.Data.TrainTestSplit(data, testFraction: 0.2);
        IEstimator<ITransformer> preparation = columns.Preparation(mlContext);
        ITransformer model = columns.IsNumber
            ? Regression(mlContext, preparation, split)
            : Classes(mlContext, preparation, split);

        string zip = Path.ChangeExtension(Path.GetFullPath(path), ".model.zip");
        mlContext.Model.Save(model, data.Schema, zip);
        AnsiConsole.WriteLine();
        Text.Write($"The model is saved in {Path.GetRelativePath(Environment.CurrentDirectory, zip)}.");
        Text.Write("To do better, read docs/options.md (tuning) and docs/recipes.md (dates, imbalance, many categories).");
        return 0;
    }

    private static ITransformer Classes(MLContext mlContext, IEstimator<ITransformer> preparation, TrainTestData split)
    {
        ITransformer model = preparation
            .Append(mlContext.Transforms.Conversion.MapValueToKey("Label", CsvColumns.Label))
            .Append(mlContext.MixedPrecision().Trainers.MlpMulticlass(batchSize: 64))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(split.TrainSet);
        IDataView scored = model.Transform(split.TestSet);
        MulticlassClassificationMetrics metrics = mlContext.MulticlassClassification.Evaluate(scored);

        // Rows whose label nobody knows are not counted.
        (string Known, string Said)[] rows =
        [
            .. scored.GetColumn<string>(CsvColumns.Label).Zip(scored.GetColumn<string>("PredictedLabel"))
                .Where(row => !string.IsNullOrEmpty(row.First)),
        ];
        double share = rows.CountBy(row => row.Known).Max(value => value.Value) / (double)rows.Length;
        AnsiConsole.WriteLine();
        Text.Write($"Accuracy on {rows.Length} rows kept aside: {metrics.MicroAccuracy:P1}. Always the most frequent value: {share:P1}.");
        Text.Write($"The first of them is '{rows[0].Known}', and the model says '{rows[0].Said}'.");
        return model;
    }

    private static ITransformer Regression(MLContext mlContext, IEstimator<ITransformer> preparation, TrainTestData split)
    {
        ITransformer model = preparation
            .Append(mlContext.MixedPrecision().Trainers.MlpRegression(labelColumnName: CsvColumns.Label, batchSize: 64))
            .Fit(split.TrainSet);
        IDataView scored = model.Transform(split.TestSet);
        RegressionMetrics metrics = mlContext.Regression.Evaluate(scored, CsvColumns.Label);
        float[] said = [.. scored.GetColumn<float>("Score")], known = [.. scored.GetColumn<float>(CsvColumns.Label)];
        AnsiConsole.WriteLine();
        Text.Write(
            $"R² on {known.Length} rows kept aside: {metrics.RSquared:F3} (1 is perfect, 0 is always saying the mean). "
            + $"Mean error: {metrics.MeanAbsoluteError:G4}.");
        Text.Write($"The first of them is {known[0]:G4}, and the model says {said[0]:G4}.");
        return model;
    }
}
