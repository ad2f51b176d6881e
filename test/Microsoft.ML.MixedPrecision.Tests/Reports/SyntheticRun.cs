using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>
/// Results of runs that were never run: of any length in a moment, with a loss scale that starts too high, grows, and backs off.
/// </summary>
internal static class SyntheticRun
{
    /// <summary>A run.</summary>
    /// <param name="epochs">Its epochs.</param>
    /// <param name="perEpoch">Attempts of each.</param>
    /// <param name="skipped">Which attempts are skipped; null for none.</param>
    /// <param name="validates">Whether there are validation rows.</param>
    public static TrainingResult Create(int epochs, int perEpoch, Func<long, bool>? skipped = null, bool validates = true)
    {
        var random = new Random(1);
        var history = new List<TrainingMetrics>();
        (long attempt, long step, long skips, float scale) = (0, 0, 0, MathF.ScaleB(1, 24));
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            var steps = new List<StepMetrics>();
            for (int i = 0; i < perEpoch; i++)
            {
                attempt++;
                bool skip = skipped?.Invoke(attempt) ?? false;
                steps.Add(new StepMetrics
                {
                    Attempt = attempt,
                    Epoch = epoch,
                    EpochStep = i + 1,
                    Step = skip ? step : ++step,
                    Rows = 256,
                    Loss = skip ? float.PositiveInfinity
                        : (float)(2.3 * Math.Exp(-3.0 * attempt / (epochs * (double)perEpoch)) * (0.8 + (0.4 * random.NextDouble()))),
                    GradientNorm = skip ? double.PositiveInfinity : 0.1 + random.NextDouble(),
                    LossScale = scale,
                    LearningRate = 1e-3f * attempt / (epochs * perEpoch),
                    ClipCoefficient = 1,
                    NonFinite = skip ? "hidden.0.weight" : null,
                });
                scale = skip ? Math.Max(1, scale / 2) : attempt % 500 == 0 ? Math.Min(scale * 2, MathF.ScaleB(1, 24)) : scale;
                skips += skip ? 1 : 0;
            }

            double loss = steps.Where(one => !one.Skipped).Select(one => (double)one.Loss).DefaultIfEmpty(double.NaN).Average();
            history.Add(new TrainingMetrics
            {
                Epoch = epoch,
                Epochs = epochs,
                Step = step,
                Loss = loss,
                ValidationLoss = validates ? loss * 1.1 : null,
                ValidationAccuracy = validates ? 1 - (loss / 5) : null,
                RowsPerSecond = 50_000,
                LossScale = scale,
                GradientNorm = steps[^1].GradientNorm,
                AttemptCount = perEpoch,
                Skipped = steps.Count(one => one.Skipped),
                Lost = steps.Count(one => one.Skipped),
                LearningRate = steps[^1].LearningRate,
                Attempts = steps,
            });
        }

        return new TrainingResult(new PlanExplanation("", [], ""))
        {
            History = history,
            Memory = new MemoryReport { Masters = 1 << 20, Moments = 2 << 20, Data = 12345 },
            Precision = PrecisionPolicy.MixedFloat16,
            Attempts = attempt,
            Steps = step,
            Skipped = skips,
            FinalLossScale = scale,
            Rows = 256 * perEpoch,
            ValidationRows = validates ? 1000 : 0,
            RowsPerSecond = 50_000,
            Device = "a device",
            BestEpoch = validates ? epochs : null,
            StopReason = $"all {epochs} epochs done",
        };
    }
}
