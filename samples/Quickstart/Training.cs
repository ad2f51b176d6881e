using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Spectre.Console;
using static Microsoft.ML.DataOperationsCatalog;

namespace Quickstart;

/// <summary>A trained model with what is known about it. <see cref="Training"/> is null for ML.NET's own trainer.</summary>
internal sealed record Candidate(
    string Name, ITransformer Model, MulticlassClassificationMetrics Metrics, TrainingResult? Training, double FitSeconds)
{
    /// <summary>Whether the CPU computed in a format that it lacks: its time is that of the rounding.</summary>
    public bool IsEmulated => Training is { } training && training.Precision.Name != PrecisionPolicy.Float32.Name
        && training.Device.StartsWith("CPU", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Trains every candidate, with a progress bar if a person is watching.</summary>
internal static class Training
{
    public static List<Candidate> RunAll(MLContext mlContext, TrainTestData split)
    {
        if (Console.IsOutputRedirected)
        {
            return Run(mlContext, split, (name, _) => AnsiConsole.WriteLine($"Training {name} …"), (_, _) => { });
        }

        return AnsiConsole.Progress().Start(progress =>
        {
            var tasks = new Dictionary<string, ProgressTask>();
            return Run(
                mlContext,
                split,
                (name, steps) => tasks[name] = progress.AddTask(name, maxValue: steps),
                (name, steps) => tasks[name].Increment(steps));
        });
    }

    private static List<Candidate> Run(MLContext mlContext, TrainTestData split, Action<string, int> started, Action<string, int> advanced)
    {
        // The first run pays for the just-in-time compiler; without this it would be the slowest whatever its format.
        Pipelines.MixedPrecision(mlContext, PrecisionPolicy.Float32, LossScaling.Auto, _ => { }).Fit(split.TrainSet);
        Pipelines.MixedPrecision(mlContext, PrecisionPolicy.MixedFloat16, LossScaling.Auto, _ => { }).Fit(split.TrainSet);
        var candidates = new List<Candidate>();
        foreach ((string name, PrecisionPolicy policy, LossScaling scaling) in Pipelines.Runs)
        {
            started(name, Pipelines.Epochs);
            int epochs = 0;
            IEstimator<ITransformer> pipeline = Pipelines.MixedPrecision(mlContext, policy, scaling, _ =>
            {
                epochs++;
                advanced(name, 1);
            });
            candidates.Add(Fit(mlContext, name, pipeline, split));
            advanced(name, Pipelines.Epochs - epochs);
        }

        const string sdca = "ML.NET Sdca";
        started(sdca, 1);
        candidates.Add(Fit(mlContext, sdca, Pipelines.Sdca(mlContext), split));
        advanced(sdca, 1);
        return candidates;
    }

    private static Candidate Fit(MLContext mlContext, string name, IEstimator<ITransformer> pipeline, TrainTestData split)
    {
        var watch = Stopwatch.StartNew();
        ITransformer model = pipeline.Fit(split.TrainSet);
        double seconds = watch.Elapsed.TotalSeconds;
        MulticlassClassificationMetrics metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
        TrainingResult? training = model.GetTraining();
        return new Candidate(name, model, metrics, training, seconds);
    }
}
