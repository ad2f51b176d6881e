using Microsoft.ML;
using Microsoft.ML.MixedPrecision;
using Spectre.Console;

namespace Quickstart;

/// <summary>The digits, from file to file.</summary>
internal static class Tour
{
    public static int Run()
    {
        var mlContext = new MLContext(seed: 1);
        string path = Path.Combine(AppContext.BaseDirectory, "digits.csv");
        IDataView data = mlContext.Data.LoadFromTextFile<Digit>(path, separatorChar: ',', hasHeader: true);
        DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(data, testFraction: 0.2);
        Text.Write($"Device: {Device(mlContext)}. samples/DeviceCheck says more.");
        Text.Write($"Data: digits.csv, {Rows(split.TrainSet)} rows to train, {Rows(split.TestSet)} to test, 64 features, 10 classes.");
        AnsiConsole.WriteLine();

        List<Candidate> candidates = Training.RunAll(mlContext, split);
        Report.Print(candidates);
        AnsiConsole.WriteLine();
        Curves.Print(candidates);
        Candidate mixed = candidates.First(candidate => candidate.Training?.Precision.Name == PrecisionPolicy.MixedFloat16.Name);
        TrainingResult training = mixed.Training!;
        Text.Write(
            $"Why does FP16 skip steps at first? To show it at work, its loss scale starts at {Pipelines.InitialScale:N0}, far too high. "
            + $"A step whose gradients overflow ({training.Skipped} of {training.Attempts} here) is skipped: it changes nothing, "
                + $"halves the "
            + "scale, and its rows run again at the end of the epoch.");
        AnsiConsole.WriteLine();

        Text.Write("What FP16 training computed in which format, and why:");
        Report.PrintFormats(training);
        string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "output")).FullName;
        foreach (Candidate candidate in candidates.Where(candidate => candidate.Training is not null))
        {
            candidate.Training!.SaveReport(Path.Combine(folder, $"{candidate.Name.ToLowerInvariant()}.html"));
        }

        SavedModel.SaveLoadPredict(mlContext, mixed.Model, split, Path.Combine(folder, "digits.zip"));
        AnsiConsole.WriteLine();
        OnnxFiles.ExportAndCompare(mlContext, mixed.Model, split.TestSet, folder);
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine("Files written (open the HTML in a browser: how each run trained):");
        foreach (string file in Directory.GetFiles(folder).Order())
        {
            AnsiConsole.WriteLine($"  {Path.GetRelativePath(Environment.CurrentDirectory, file)}");
        }

        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine("Now with your CSV:");
        AnsiConsole.WriteLine("  dotnet run --project samples/Quickstart -- my.csv --label Column");
        return 0;

        long Rows(IDataView view) => view.GetRowCount() ?? mlContext.Data.CreateEnumerable<Digit>(view, reuseRowObject: true).LongCount();
    }

    /// <summary>What <see cref="ComputeDevice.Auto"/> takes, in a few words.</summary>
    public static string Device(MLContext mlContext)
    {
        DeviceReport report = mlContext.MixedPrecision().Diagnostics.Devices();
        return report.Devices.FirstOrDefault(device => device.Device == report.Auto)?.Name ?? $"{report.Auto}";
    }
}
