using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Parity;

/// <summary>Accuracy on real data in every format over several seeds, each a whole ML.NET pipeline.</summary>
internal static class ParityCommand
{
    private const string Name = "parity";
    private const string DigitsName = "digits";
    private const string FashionName = "fashion_mnist";
    private const int BatchSize = 256;
    private static readonly int[] HiddenLayers = [256, 128];

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        $"test accuracy of {string.Join("-", HiddenLayers)} on real data in each format; the same seeds for all",
        [
            new("data", DigitsName, $"of {DigitsName}, {FashionName}"),
            Option.Policies("float32,tensorfloat32,mixed_float16,mixed_bfloat16"),
            new("seeds", "3", "seeds of split, starting weights and order: 1, 2, …"),
            Option.Devices("auto,cpu"),
            new("epochs", "0", "epochs; 0 for 30 on digits and 10 on Fashion-MNIST"),
            new("fashion-mnist", "/usr/share/datasets/fashion-mnist", "folder of Fashion-MNIST's four .gz files"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext();
        IReadOnlyList<ParityData> data = Data(arguments);
        IReadOnlyList<PrecisionPolicy> policies = Runs.Policies(arguments);
        IReadOnlyList<ComputeDevice> devices = Runs.Devices(arguments, ml);
        int seeds = arguments.Number("seeds", 1, 1000);
        int epochs = arguments.Number("epochs", 0, 100_000);
        var report = new Report(Console.Out,
        [
            new("work", "data"),
            new("mode", "mode"),
            new("device", "device"),
            new("epochs", "epochs"),
            new("seed", "seed"),
            new("seeds", "seeds"),
            new("accuracy", "accuracy", "P2"),
            new("deviation", "deviation", "P2"),
            new("least", "least", "P2"),
            new("most", "most", "P2"),
            new("ms", "Fit, ms"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (ParityData rows in data)
        {
            foreach (ComputeDevice device in devices)
            {
                foreach (PrecisionPolicy policy in policies)
                {
                    var run = new ParityRun(rows, policy, device, epochs == 0 ? rows.Epochs : epochs);
                    Measure(report, run, seeds);
                }
            }
        }

        return report.Finish();
    }

    private static IReadOnlyList<ParityData> Data(Arguments arguments)
    {
        string folder = arguments.Text("fashion-mnist");
        try
        {
            return [
                .. arguments.List("data", [DigitsName, FashionName]).Select(
                    name => name == DigitsName ? (ParityData)new Digits() : new FashionMnist(folder))];
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new UsageException(e.Message);
        }
    }

    private static void Measure(Report report, ParityRun run, int seeds)
    {
        var lines = new List<JsonObject>();
        for (int seed = 1; seed <= seeds; seed++)
        {
            JsonObject line = run.Identity("measurement");
            line["seed"] = seed;
            report.Attempt(line, line => Train(line, run, (int)line["seed"]!), inTable: false);
            lines.Add(line);
        }

        if (lines.All(line => line.ContainsKey("accuracy")))
        {
            report.Add(Summary(run, lines));
        }
    }

    private static void Train(JsonObject line, ParityRun run, int seed)
    {
        var ml = new MLContext(seed);
        (IDataView train, IDataView test) = run.Data.Split(ml, seed);
        EstimatorChain<ITransformer> pipeline = run.Data.Preparation(ml)
            .Append((IEstimator<ITransformer>)ml.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
            {
                HiddenLayers = HiddenLayers,
                // As in the runs that were recorded before.
                FeatureScaling = FeatureScaling.Standard,
                MissingValues = MissingValues.Reject,
                Activation = ActivationKind.Relu,
                BatchSize = BatchSize,
                Epochs = run.Epochs,
                Precision = run.Policy,
                Device = run.Device,
            }));
        long started = Stopwatch.GetTimestamp();
        using TransformerChain<ITransformer> model = pipeline.Fit(train);
        line["ms"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(model.Transform(test));
        TrainingResult training = model.OfType<NetworkMulticlassTransformer>().Single().Training!;
        line["device_name"] = training.Device;
        line["accuracy"] = Math.Round(metrics.MicroAccuracy, 5);
        line["log_loss"] = Math.Round(metrics.LogLoss, 5);
        line["skipped"] = training.Skipped;
        line["loss_scale"] = training.FinalLossScale;
        line["rows_s"] = Math.Round(training.RowsPerSecond);
    }

    private static JsonObject Summary(ParityRun run, IReadOnlyList<JsonObject> lines)
    {
        double[] accuracies = [.. lines.Select(line => (double)line["accuracy"]!)];
        JsonObject summary = run.Identity("summary");
        summary["seeds"] = lines.Count;
        summary["accuracy"] = Math.Round(accuracies.Average(), 5);
        summary["deviation"] = Math.Round(Statistics.Deviation(accuracies), 5);
        summary["least"] = accuracies.Min();
        summary["most"] = accuracies.Max();
        summary["ms"] = Math.Round(Statistics.Median([.. lines.Select(line => (double)line["ms"]!)]), 1);
        return summary;
    }
}
