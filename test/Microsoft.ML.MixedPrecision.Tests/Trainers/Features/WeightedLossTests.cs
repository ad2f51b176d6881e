using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What the losses of the history are: Σ wᵢℓᵢ ÷ rows, and not ÷ Σ wᵢ. With next to no learning rate, the weights of every step are
/// those that score afterwards.</summary>
[TestClass]
public sealed class WeightedLossTests
{
    private const float Weight = 3;
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>ℓ = ln(1 + e^−x) for yes and ln(1 + e^x) for no, in nats.</summary>
    [TestMethod]
    public void Loss_OfWeightedAnswers_IsTheirSumOverRows()
        => AssertLosses(
            TrainerCase.Binary,
            scored => scored.GetColumn<bool>("Label").Zip(
                scored.GetColumn<float>("Score"),
                (label, score) => Math.Log(1 + Math.Exp(label ? -score : score))));

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

    private const float Smoothing = 0.5f;

    /// <summary>With t = y(1 − ε) + ε/2, ℓ = t·ln(1 + e^−x) + (1 − t)·ln(1 + e^x); a yes weighs 3 times as much, both its shares.</summary>
    [TestMethod]
    public void Loss_OfSmoothedAnswersWithAClassWeight_WeighsTheWholeRow()
        => AssertLosses(
            TrainerCase.Binary,
            scored => scored.GetColumn<bool>("Label").Zip(scored.GetColumn<float>("Score"), (label, score) =>
            {
                double yes = ((label ? 1 : 0) * (1 - Smoothing)) + (Smoothing / 2);
                return (label ? 3 : 1) * ((yes * Math.Log(1 + Math.Exp(-score))) + ((1 - yes) * Math.Log(1 + Math.Exp(score))));
            }),
            options =>
            {
                var binary = (MlpBinaryTrainer.Options)options;
                (binary.PositiveClassWeight, binary.LabelSmoothing) = (3, Smoothing);
            });

    /// <summary>
    /// ℓ = −w_y·Σₖ tₖ·ln pₖ with t = (1 − ε)·onehot + ε/3: the class's weight multiplies the whole row. PyTorch's weighs each class's
    /// share, −Σₖ wₖ·tₖ·ln pₖ, which is another number.
    /// </summary>
    [TestMethod]
    public void Loss_OfSmoothedClassesWithClassWeights_WeighsTheWholeRow()
    {
        var weights = new Dictionary<string, float> { ["middle"] = 5, ["high"] = 0.25f };
        double WeightOf(string kind) => weights.GetValueOrDefault(kind, 1);
        double[] Losses(IDataView scored, bool byShare)
        {
            string[] names = [.. scored.GetColumn<string>("Kind")];
            uint[] labels = [.. scored.GetColumn<uint>("Label")];
            string[] classes = [.. Enumerable.Range(1, 3).Select(key => names[Array.IndexOf(labels, (uint)key)])];
            double Target(int row, int k) => ((1 - Smoothing) * (labels[row] == k + 1 ? 1 : 0)) + (Smoothing / 3);
            double Weight(int row, int k) => WeightOf(byShare ? classes[k] : names[row]);
            double Loss(float[] p, int row) => -p.Select((share, k) => Weight(row, k) * Target(row, k) * Math.Log(share)).Sum();
            return [.. scored.GetColumn<float[]>("Score").Select(Loss)];
        }

        AssertLosses(
            TrainerCase.Multiclass,
            scored =>
            {
                double[] losses = Losses(scored, byShare: false);
                Assert.IsGreaterThan(0.03, Math.Abs((Losses(scored, byShare: true).Sum() / losses.Sum()) - 1), "other weights are needed");
                return losses;
            },
            options =>
            {
                var multiclass = (MlpMulticlassTrainer.Options)options;
                (multiclass.ClassWeights, multiclass.LabelSmoothing) = (weights, Smoothing);
            });
    }

    private static void AssertLosses(
        TrainerCase task, Func<IDataView, IEnumerable<double>> losses, Action<MlpTrainerOptions>? change = null)
    {
        Sample[] samples = Sample.Rows(100);
        Array.ForEach(samples, sample => sample.Weight *= Weight);
        IDataView rows = task.Prepared(Ml, samples);

        ITransformer model = task.Fit(Ml, rows, options =>
        {
            (options.ExampleWeightColumnName, options.LearningRate) = ("Weight", 1e-12f);
            (options.Epochs, options.Precision) = (2, PrecisionPolicy.Float32);
            change?.Invoke(options);
        });

        // Float32 losses of single rows, about 1e-7 of each, summed in Float64.
        double expected = losses(model.Transform(rows)).Zip(samples, (loss, sample) => sample.Weight * loss).Average();
        TrainingMetrics epoch = TrainerCase.TrainingOf(model).History[^1];
        Assert.AreEqual(expected, epoch.Loss, 1e-5 * expected);
        Assert.AreEqual(expected, epoch.Attempts.Sum(step => step.Loss * step.Rows) / samples.Length, 1e-5 * expected);
        Assert.IsGreaterThan(1, epoch.Attempts.Count);
    }
}
