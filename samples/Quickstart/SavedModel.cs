using Microsoft.ML;

namespace Quickstart;

/// <summary>The pipeline as a file: saved, loaded, asked about one row.</summary>
internal static class SavedModel
{
    public static void SaveLoadPredict(MLContext mlContext, ITransformer model, DataOperationsCatalog.TrainTestData split, string path)
    {
        mlContext.Model.Save(model, split.TrainSet.Schema, path);
        ITransformer loaded = mlContext.Model.Load(path, out _);
        using PredictionEngine<Digit, DigitPrediction> engine = mlContext.Model.CreatePredictionEngine<Digit, DigitPrediction>(loaded);
        Digit row = mlContext.Data.CreateEnumerable<Digit>(split.TestSet, reuseRowObject: false).First();
        DigitPrediction prediction = engine.Predict(row);
        Text.Write(
            $"Saved, loaded, and asked about the first test row: a {prediction.Value}, "
            + $"with probability {prediction.Probabilities.Max():P1}. It is a {row.Value}.");
    }
}
