using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;
using Microsoft.ML.MixedPrecision.Cuda.CublasLt;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Products;

/// <summary>Times matrix products alone: what a card gives at most to a network of such widths.</summary>
internal static class ProductsCommand
{
    private const string Name = "products";
    private const int WarmUps = 2;
    private const int LeastGroups = 5;
    private const int MostGroups = 200;

    /// <summary>Below, a kernel of our own and not the library would multiply.</summary>
    private const int LeastSize = 32;
    private const int MostSize = 32768;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "square matrix products on a card, of normally distributed numbers, with the algorithms that training takes; medians",
        [
            new("sizes", "1024,2048,4096,8192", $"rows and columns of the matrices, {LeastSize} to {MostSize}"),
            Option.Policies("float32,tensorfloat32,mixed_float16,mixed_bfloat16"),
            Option.Devices("auto"),
            new("seconds", "1", $"time for each; {LeastGroups} groups of products at least, {MostGroups} at most"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext();
        IReadOnlyList<ComputeDevice> devices = Runs.Devices(arguments, ml);
        IReadOnlyList<PrecisionPolicy> policies = Runs.Policies(arguments);
        ProductsRun[] runs =
        [
            .. from size in arguments.Numbers("sizes", LeastSize, MostSize)
               from device in devices
               from policy in policies
               select new ProductsRun(size, policy, device),
        ];
        double seconds = arguments.Number("seconds", 0.0, 3600.0);
        var report = new Report(Console.Out,
        [
            new("work", "product"),
            new("mode", "mode"),
            new("device_name", "device"),
            new("ms", "ms", "F4"),
            new("tflops", "TFLOP/s", "F1"),
            new("algorithm", "algorithm"),
            new("tile", "tile"),
            new("stages", "stages"),
            new("split_k", "split K"),
            new("numerics", "numerics"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (ProductsRun run in runs)
        {
            report.Attempt(run.Identity, line => Measure(line, run, seconds));
        }

        return report.Finish();
    }

    private static void Measure(JsonObject line, ProductsRun run, double seconds)
    {
        using var driver = new ProductDriver(run);
        double[] times = Times(driver, seconds);
        double milliseconds = Statistics.Median(times);
        AlgorithmDescription algorithm = driver.Algorithm;

        line["device_name"] = driver.DeviceName;
        line["ms"] = Math.Round(milliseconds, 5);
        line["ms_least"] = Math.Round(times.Min(), 5);
        line["tflops"] = Math.Round(run.FloatingPointOperations / milliseconds / 1e9, 2);
        line["group"] = driver.Repetitions;
        line["groups"] = times.Length;
        line["algorithm"] = algorithm.Id;
        line["tile"] = algorithm.Tile;
        line["stages"] = algorithm.Stages;
        line["split_k"] = algorithm.SplitK;
        line["reduction"] = algorithm.Reduction.ToString();
        line["numerics"] = algorithm.Numerics.ToString();
    }

    /// <summary>Milliseconds of a product, of each group.</summary>
    private static double[] Times(ProductDriver driver, double seconds)
    {
        for (int i = 0; i < WarmUps; i++)
        {
            driver.Time();
        }

        var times = new List<double>();
        long started = Stopwatch.GetTimestamp();
        while (times.Count < LeastGroups || (times.Count < MostGroups && Stopwatch.GetElapsedTime(started).TotalSeconds < seconds))
        {
            times.Add(driver.Time());
        }

        return [.. times];
    }
}
