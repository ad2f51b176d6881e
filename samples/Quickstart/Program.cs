// The main job: real rows → ML.NET pipeline → mixed-precision training → an ordinary transformer → FP16 ONNX.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.MixedPrecision;
using Quickstart;
using Spectre.Console;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = 240;
}

var mlContext = new MLContext(seed: 1);
AnsiConsole.WriteLine($"Device: {mlContext.MixedPrecision().Diagnostics.DescribeDevice(ComputeDevice.Auto)}");

IDataView data = mlContext.Data.LoadFromTextFile<Digit>(Path.Combine(AppContext.BaseDirectory, "digits.csv"), separatorChar: ',', hasHeader: true);
DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(data, testFraction: 0.2);
AnsiConsole.WriteLine($"Data: digits.csv, {Rows(split.TrainSet)} rows to train, {Rows(split.TestSet)} to test, 64 features, 10 classes.");
AnsiConsole.WriteLine();

List<Candidate> candidates = Training.RunAll(mlContext, split);
Report.Print(candidates);

Candidate mixed = candidates.First(candidate => candidate.Training?.Precision.Name == PrecisionPolicy.MixedFloat16.Name);
AnsiConsole.WriteLine($"Formats of the {mixed.Name} run and why:");
AnsiConsole.WriteLine(mixed.Training!.Explain());

string folder = Path.Combine(AppContext.BaseDirectory, "output");
Directory.CreateDirectory(folder);
SavedModel.SaveLoadPredict(mlContext, mixed.Model, split, Path.Combine(folder, "digits.zip"));
OnnxFiles.ExportAndCompare(mlContext, mixed.Model, split.TestSet, folder);

AnsiConsole.WriteLine();
AnsiConsole.WriteLine("Files written:");
foreach (string file in Directory.GetFiles(folder).Order())
{
    AnsiConsole.WriteLine($"  {Path.GetRelativePath(Environment.CurrentDirectory, file)}  {new FileInfo(file).Length:N0} bytes");
}

AnsiConsole.WriteLine("Next: run all tests with");
AnsiConsole.WriteLine("  dotnet test");

long Rows(IDataView view) => view.GetRowCount() ?? mlContext.Data.CreateEnumerable<Digit>(view, reuseRowObject: true).LongCount();
