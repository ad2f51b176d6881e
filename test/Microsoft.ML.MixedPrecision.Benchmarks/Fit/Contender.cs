using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>A trainer with its settings.</summary>
internal abstract class Contender
{
    /// <summary>Rows of a table at most; larger ones are left to others.</summary>
    public virtual int MostRows => Teacher.MostRows;

    /// <summary>Adds to a line who this is.</summary>
    public abstract void Describe(JsonObject line);

    /// <summary>Fits, and adds to the line how long it took and how well the model does.</summary>
    /// <param name="line">The line.</param>
    /// <param name="ml">Context.</param>
    /// <param name="table">Rows to train on.</param>
    /// <param name="test">Other rows.</param>
    public void Measure(JsonObject line, MLContext ml, Table table, IDataView test)
    {
        IEstimator<ITransformer> trainer = Trainer(ml);
        GC.Collect();
        long started = Stopwatch.GetTimestamp();
        ITransformer model = trainer.Fit(table.Data);
        double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        line["ms"] = Math.Round(milliseconds, 2);
        line["rows_s"] = Math.Round(table.Rows * (double)Passes / milliseconds * 1e3);
        Explain(line, model, milliseconds);
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(model.Transform(test));
        line["accuracy"] = Math.Round(metrics.MicroAccuracy, 5);
        (model as IDisposable)?.Dispose();
    }

    /// <summary>Times that every row trains, for rows a second.</summary>
    protected abstract int Passes { get; }

    /// <summary>The trainer.</summary>
    protected abstract IEstimator<ITransformer> Trainer(MLContext ml);

    /// <summary>Adds to the line what only this trainer tells.</summary>
    protected abstract void Explain(JsonObject line, ITransformer model, double milliseconds);
}
