// Is a penguin male? From beak, flipper, mass, species and island.
using System.Globalization;
using BinaryClassification;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var mlContext = new MLContext(seed: 1);
IDataView table = mlContext.Data.LoadFromTextFile<Penguin>(
    Path.Combine(AppContext.BaseDirectory, "penguins.csv"),
    separatorChar: ',',
    hasHeader: true);

// Dropped first: mapping to a Boolean would take every unknown value for one of the two.
IDataView known = mlContext.Data.FilterByCustomPredicate<Penguin>(table, penguin => penguin.Sex is not ("MALE" or "FEMALE"));
DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(known, testFraction: 0.3);
Console.WriteLine($"penguins.csv: {Rows(table)} penguins, {Rows(known)} of known sex, {Rows(split.TrainSet)} to train, "
    + $"{Rows(split.TestSet)} to test.");

var preparation = mlContext.Transforms.Conversion.MapValue(
    "Label",
    new Dictionary<string, bool> { ["MALE"] = true, ["FEMALE"] = false },
    nameof(Penguin.Sex))
    .Append(mlContext.Transforms.Categorical.OneHotEncoding([new("Kind", nameof(Penguin.Species)), new("Home", nameof(Penguin.Island))]))
    .Append(mlContext.Transforms.Concatenate("Features", nameof(Penguin.Measures), "Kind", "Home"))
    .AppendCacheCheckpoint(mlContext);

// SdcaLogisticRegression wants normalised features; the perceptron scales them itself.
var logistic = mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false)
    .Append(mlContext.BinaryClassification.Trainers.SdcaLogisticRegression());

var perceptron = mlContext.MixedPrecision().Trainers.MlpBinary(new MlpBinaryTrainer.Options
{
    HiddenLayers = [32, 32],
    Precision = PrecisionPolicy.MixedFloat16,
    LabelSmoothing = 0.05f,
    BatchSize = 32,
    Epochs = 30,
    LearningRate = 3e-3f,
});

var ours = preparation.Append(perceptron).Fit(split.TrainSet);
Print("MlpBinary, mixed FP16", ours.Transform(split.TestSet));
Print("ML.NET SdcaLogisticRegression", preparation.Append(logistic).Fit(split.TrainSet).Transform(split.TestSet));
double point = 100.0 / Rows(split.TestSet);
Console.WriteLine($"One penguin is {point:F1} points of accuracy, so the two are level: sex is nearly linear in these");
Console.WriteLine("measures, and a network without hidden layers is as good. samples/CustomerChurn is less simple.");

// The same network, for when calling a female male costs more than the other way round.
IDataView prepared = ((IEnumerable<ITransformer>)ours).SkipLast(1).Aggregate(split.TestSet, (data, step) => step.Transform(data));
foreach (float threshold in new[] { 0.5f, 0.9f })
{
    Answer[] answers = [
        .. mlContext.Data.CreateEnumerable<Answer>(
            ours.LastTransformer.WithThreshold(threshold).Transform(prepared),
            reuseRowObject: false)];
    Console.WriteLine($"Male from probability {threshold}: {answers.Count(answer => answer.PredictedLabel && !answer.Label)} females "
        + $"called male, {answers.Count(answer => !answer.PredictedLabel && answer.Label)} males called female.");
}

// Loss, loss scale with skipped steps, formats with reasons, memory: one page for a browser.
string report = Path.Combine(AppContext.BaseDirectory, "penguins.html");
ours.GetTraining()!.SaveReport(report);
Console.WriteLine($"Report of the training: {Path.GetRelativePath(Environment.CurrentDirectory, report)}");

long Rows(IDataView view) => mlContext.Data.CreateEnumerable<Penguin>(view, reuseRowObject: true).LongCount();

void Print(string name, IDataView predictions)
{
    CalibratedBinaryClassificationMetrics metrics = mlContext.BinaryClassification.Evaluate(predictions);
    Console.WriteLine($"{name,-30} accuracy {metrics.Accuracy:P1}, area under ROC {metrics.AreaUnderRocCurve:F3}, log-loss "
        + $"{metrics.LogLoss:F3} bits");
}
