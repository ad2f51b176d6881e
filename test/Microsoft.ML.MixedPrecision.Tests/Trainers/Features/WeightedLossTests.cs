using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What the losses of the history are: Σ wᵢℓᵢ ÷ rows, and not ÷ Σ wᵢ. With next to no learning rate, the weights of every step are those that score afterwards.</summary>
[TestClass]
public sealed class WeightedLossTests
{
    private const float Weight = 3;
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>ℓ = ln(1 + e^−x) for yes and ln(1 + e^x) for no, in nats.</summary>
    [TestMethod]
    public void Loss_OfWeightedAnswers_IsTheirSumOverRows()
        => AssertLosses(TrainerCase.Binary, scored => scored.GetColumn<bool>("Label").Zip(scored.GetColumn<float>("Score"), (label, score) => Math.Log(1 + Math.Exp(label ? -score : score))));

    /// <summary>ℓ = ((x − y)/σ)² in units of the label; the network learns (y − µ)/σ, with µ = Σwy/Σw and σ² = Σw(y − µ)²/Σw.</summary>
    [TestMethod]
    public void Loss_OfWeightedNumbers_IsInUnitsOfWhatIsLearned()
        => AssertLosses(TrainerCase.Regression, scored =>
        {
            float[] labels = [.. scored.GetColumn<float>("Label")];
            float[] weights = [.. scored.GetColumn<float>("Weight")];
            double all = weights.Sum(weight => (double)weight), mean = labels.Zip(weights, (label, weight) => weight / all * label).Sum();
            double variance = labels.Zip(weights, (label, weight) => weight / all * Math.Pow(label - mean, 2)).Sum();
            return labels.Zip(scored.GetColumn<float>("Score"), (label, score) => Math.Pow(score - label, 2) / variance);
        });

    private static void AssertLosses(TrainerCase task, Func<IDataView, IEnumerable<double>> losses)
    {
        Sample[] samples = Sample.Rows(100);
        Array.ForEach(samples, sample => sample.Weight *= Weight);
        IDataView rows = task.Prepared(Ml, samples);

        ITransformer model = task.Fit(Ml, rows, options => (options.ExampleWeightColumnName, options.LearningRate, options.Epochs, options.Precision) = ("Weight", 1e-12f, 2, PrecisionPolicy.Float32));

        // Float32 losses of single rows, about 1e-7 of each, summed in Float64.
        double expected = losses(model.Transform(rows)).Zip(samples, (loss, sample) => sample.Weight * loss).Average();
        TrainingMetrics epoch = TrainerCase.TrainingOf(model).History[^1];
        Assert.AreEqual(expected, epoch.Loss, 1e-5 * expected);
        Assert.AreEqual(expected, epoch.Attempts.Sum(step => step.Loss * step.Rows) / samples.Length, 1e-5 * expected);
        Assert.IsGreaterThan(1, epoch.Attempts.Count);
    }
}
