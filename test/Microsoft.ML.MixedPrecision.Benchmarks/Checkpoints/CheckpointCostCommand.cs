using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Fit;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;

/// <summary>What checkpoints cost: the same training with and without them, in turns.</summary>
internal static class CheckpointCostCommand
{
    private const string Name = "checkpoints";
    private const int Rows = 4096, BatchSize = 64, Epochs = 2;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        $"what a checkpoint costs: {Epochs * Rows / BatchSize} steps of batches of {BatchSize} rows of {Teacher.Features} features, "
            + $"with and without checkpoints, in turns; medians",
        [
            new("widths", "256x128,1024x1024,2048x2048", "hidden layers of each network, with an x between their widths"),
            new("every", "8", "steps from one checkpoint to the next"),
            new("rounds", "5", "measurements of each, in turns"),
            Option.Devices("cpu"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext(1);
        int every = arguments.Number("every", 1, 1_000_000), rounds = arguments.Number("rounds", 1, 1000);
        var report = new Report(Console.Out,
        [
            new("device", "device"), new("widths", "hidden layers"), new("bytes", "bytes"), new("checkpoints", "checkpoints"), new(
                "ms_without",
                "ms without",
                "F1"), new("ms_with", "with", "F1"),
            new("ms_each", "ms each", "F2"), new("share_every_minute", "share at 1 a minute", "P3"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (ComputeDevice device in Runs.Devices(arguments, ml))
        {
            foreach (string widths in arguments.List("widths"))
            {
                report.Attempt(
                    new JsonObject
                    {
                        ["kind"] = "measurement",
                        ["device"] = device.ToString(),
                        ["widths"] = widths,
                        ["every"] = every,
                        ["rounds"] = rounds,
                    },
                    line => Measure(
                        line,
                        [.. widths.Split('x').Select(width => int.Parse(width, CultureInfo.InvariantCulture))],
                        every,
                        rounds));
            }
        }

        return report.Finish();
    }

    private static void Measure(JsonObject line, int[] widths, int every, int rounds)
    {
        var ml = new MLContext(1);
        IDataView rows = ml.Data.Cache(ml.Data.LoadFromEnumerable(new TableRows(new Teacher(1), 0, Rows)));
        DirectoryInfo parent = Directory.CreateTempSubdirectory("mixedprecision-cost");
        try
        {
            List<double> without = [], with = [];

            // The first round pays for just-in-time compilation.
            for (int round = 0; round <= rounds; round++)
            {
                string folder = Path.Combine(parent.FullName, $"{round}");
                double plain = Time(ml, rows, Options(line, widths, null));
                double saving = Time(ml, rows, Options(line, widths, new CheckpointOptions { Folder = folder, EverySteps = every }));
                line["bytes"] = new FileInfo(Directory.GetFiles(folder, "*.safetensors", SearchOption.AllDirectories)[0]).Length;
                Directory.Delete(folder, recursive: true);
                if (round > 0)
                {
                    without.Add(plain);
                    with.Add(saving);
                }
            }

            // The last one is that of the finished run.
            int checkpoints = (Epochs * Rows / BatchSize / every) + 1;
            double each = Statistics.Median([.. with.Zip(without, (saving, plain) => saving - plain)]) / checkpoints;
            line["checkpoints"] = checkpoints;
            line["ms_without"] = Math.Round(Statistics.Median(without), 1);
            line["ms_with"] = Math.Round(Statistics.Median(with), 1);
            line["ms_each"] = Math.Round(each, 2);
            line["share_every_minute"] = Math.Round(each / TimeSpan.FromMinutes(1).TotalMilliseconds, 6);
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    private static MlpMulticlassTrainer.Options Options(JsonObject line, int[] widths, CheckpointOptions? checkpoint) => new()
    {
        HiddenLayers = [.. widths],
        // As in the runs that were recorded before.
        FeatureScaling = FeatureScaling.Standard,
        MissingValues = MissingValues.Reject,
        Activation = ActivationKind.Relu,
        BatchSize = BatchSize,
        Epochs = Epochs,
        ValidationFraction = 0,
        Seed = 1,
        Device = ComputeDevice.Parse(line["device"]!.ToString()),
        Checkpoint = checkpoint,
    };

    /// <returns>Milliseconds of <c>Fit</c>.</returns>
    private static double Time(MLContext ml, IDataView rows, MlpMulticlassTrainer.Options options)
    {
        long started = Stopwatch.GetTimestamp();
        ml.MixedPrecision().Trainers.MlpMulticlass(options).Fit(rows);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
