// Tomorrow's maximum temperature from today's weather: trained on 2012 to 2014, tested on 2015.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using TabularRegression;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var mlContext = new MLContext(seed: 1);
IDataView table = mlContext.Data.LoadFromTextFile<Day>(
    Path.Combine(AppContext.BaseDirectory, "seattle-weather.csv"),
    separatorChar: ',',
    hasHeader: true);
Day[] days = [.. mlContext.Data.CreateEnumerable<Day>(table, reuseRowObject: false)];
Question[] questions = [.. days.Zip(days.Skip(1), (today, tomorrow) => new Question(today, tomorrow.TempMax))];
IDataView train = mlContext.Data.LoadFromEnumerable(questions.Where(question => question.Year < 2015));
Question[] asked = [.. questions.Where(question => question.Year == 2015)];
IDataView test = mlContext.Data.LoadFromEnumerable(asked);
Console.WriteLine($"seattle-weather.csv: {questions.Length - asked.Length} days to train (2012 to 2014), {asked.Length} to test (2015).");

var preparation = mlContext.Transforms.Categorical.OneHotEncoding("Sky", nameof(Question.Weather))
    .Append(mlContext.Transforms.Concatenate("Features", nameof(Question.Numbers), "Sky"))
    .AppendCacheCheckpoint(mlContext);

// Sdca wants normalised features; the perceptron scales them itself.
var sdca = mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false).Append(mlContext.Regression.Trainers.Sdca());

// The label is standardized while the network learns, and the answers come in degrees.
var perceptron = mlContext.MixedPrecision().Trainers.MlpRegression(new MlpRegressionTrainer.Options
{
    HiddenLayers = [64, 64],
    Activation = ActivationKind.Silu,
    Precision = PrecisionPolicy.MixedFloat16,
    Loss = RegressionLoss.Huber,
    Schedule = LearningRateSchedule.OneCycle,
    LearningRate = 3e-3f,
    BatchSize = 64,
    Epochs = 40,
});

ITransformer ours = preparation.Append(perceptron).Fit(train);
Print("MlpRegression, mixed FP16", ours.Transform(test));
Print("ML.NET Sdca", preparation.Append(sdca).Fit(train).Transform(test));
double sameAsToday = asked.Average(question => Math.Abs(question.Numbers[1] - question.Label));
Console.WriteLine($"{"as warm as today",-28} mean error {sameAsToday:F2} °C");

TrainingResult training = ours.GetTraining()!;
Console.WriteLine($"{training}.");

// Loss, loss scale with skipped steps, formats with reasons, memory: one page for a browser.
string report = Path.Combine(AppContext.BaseDirectory, "weather.html");
training.SaveReport(report);
Console.WriteLine($"Report of the training: {Path.GetRelativePath(Environment.CurrentDirectory, report)}");

void Print(string name, IDataView predictions)
{
    RegressionMetrics metrics = mlContext.Regression.Evaluate(predictions);
    Console.WriteLine($"{name,-28} mean error {metrics.MeanAbsoluteError:F2} °C, root mean square {metrics.RootMeanSquaredError:F2} "
        + $"°C, R² {metrics.RSquared:F3}");
}
