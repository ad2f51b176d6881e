using System.Collections;
using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>
/// One-versus-all's score of class k is pₖ/(p₁ + … + pₙ) by ML.NET's documentation, and pₖ is the probability that the k-th network itself
/// gives, 1/(1 + e^−xₖ):
/// nothing is fitted on top of it.
/// </summary>
[TestClass]
public sealed class OneVersusAllProbabilityTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    [DataRow(1f)]
    [DataRow(20f)]
    public void Score_OfEachClass_IsItsNetworksSigmoidOverTheirSum(float positiveClassWeight)
    {
        IDataView rows = TrainerCase.Multiclass.Prepared(Ml, Sample.Rows(300));
        MulticlassPredictionTransformer<OneVersusAllModelParameters> model = Ml.MulticlassClassification.Trainers.OneVersusAll(
            Trainer(
                options => (options.PositiveClassWeight, options.FeatureScaling) = (positiveClassWeight, FeatureScaling.None))).Fit(rows);
        Assert.IsTrue(NetworksOf(model).All(network => network.Spec.ToString() == "4 numbers, Linear 16, Relu, Linear 1"));
        float[][] features = [.. rows.GetColumn<float[]>("Features")], scores = ScoredRows.ScoresOf(model.Transform(rows));

        foreach ((float[] x, float[] score) in features.Zip(scores))
        {
            double[] probabilities = [.. NetworksOf(model).Select(network => 1 / (1 + Math.Exp(-Logit(network, x))))];
            for (int label = 0; label < 3; label++)
            {
                // Float32 rounds logits of a dozen at 1e-6, and the sigmoid's slope is at most a quarter; the quotient may magnify it where
                // all are small.
                Assert.AreEqual(probabilities[label] / probabilities.Sum(), score[label], 1e-5);
            }
        }
    }

    /// <summary>A calibrator would read the rows once more for each network. ML.NET trains the first class's network twice.</summary>
    [TestMethod]
    public void Fit_OfThreeClasses_ReadsTheRowsOnceForEachTraining()
    {
        Sample[] rows = Sample.Rows(200);
        int passes = 0;
        IDataView source = Ml.Data.LoadFromEnumerable(Counted());
        IDataView data = TrainerCase.Multiclass.Preparation(Ml).Fit(Ml.Data.LoadFromEnumerable(rows)).Transform(source);
        Assert.AreEqual(0, passes);

        Ml.MulticlassClassification.Trainers.OneVersusAll(Trainer()).Fit(data);

        Assert.AreEqual(3 + 1, passes);

        IEnumerable<Sample> Counted()
        {
            passes++;
            foreach (Sample row in rows)
            {
                yield return row;
            }
        }
    }

    /// <summary>
    /// Where the features say nothing, the weighted loss is least at pₖ = w·nₖ/(w·nₖ + n − nₖ) for nₖ of n rows; a calibrator would make
    /// nₖ/n of it again.
    /// </summary>
    [TestMethod]
    [DataRow(1f)]
    [DataRow(20f)]
    public void PositiveClassWeight_OfAFactor_IsInTheProbabilities(float weight)
    {
        Sample[] samples = Sample.Rows(100);
        Array.ForEach(samples, sample => sample.Features = [1, 2, 3, 4]);
        IDataView rows = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
            .Fit(Ml.Data.LoadFromEnumerable(samples))
            .Transform(Ml.Data.LoadFromEnumerable(samples));
        MlpBinaryTrainer trainer = Trainer(options =>
        {
            (options.HiddenLayers, options.PositiveClassWeight, options.BatchSize, options.Epochs) = ([], weight, samples.Length, 2000);
            (options.Optimizer, options.LearningRate, options.WeightDecay) = (OptimizerKind.Sgd, 0.02f, 0);
        });

        float[] scores = ScoredRows.ScoresOf(Ml.MulticlassClassification.Trainers.OneVersusAll(trainer).Fit(rows).Transform(rows))[0];

        double[] counts = [.. samples.GroupBy(sample => sample.Kind).Select(kind => (double)kind.Count())];
        double[] expected = [.. counts.Select(count => weight * count / ((weight * count) + samples.Length - count))];
        foreach ((double one, float score) in expected.Zip(scores))
        {
            Assert.AreEqual(one / expected.Sum(), score, 1e-3);
        }
    }

    /// <summary>x·Wᵀ + b of the hidden layer, its positive part, x·Wᵀ + b of the last, in Float64.</summary>
    private static double Logit(Network network, float[] x)
    {
        double[] hidden = Linear(network.Parameters[0].Values, network.Parameters[1].Values, [.. x.Select(value => (double)value)]);
        return Linear(network.Parameters[2].Values, network.Parameters[3].Values, [.. hidden.Select(value => Math.Max(value, 0))])[0];
    }

    private static double[] Linear(float[] weights, float[] biases, double[] x)
        => [.. biases.Select((bias, output) => bias + x.Select((value, input) => value * weights[(output * x.Length) + input]).Sum())];

    /// <summary>The networks that ML.NET's model asks, none of which it may have wrapped.</summary>
    private static Network[] NetworksOf(MulticlassPredictionTransformer<OneVersusAllModelParameters> model)
    {
        PropertyInfo models = typeof(OneVersusAllModelParameters).GetProperty(
            "SubModelParameters",
            BindingFlags.Instance | BindingFlags.NonPublic)!;
        object[] each = [.. ((IEnumerable)models.GetValue(model.Model)!).Cast<object>()];
        CollectionAssert.AllItemsAreInstancesOfType(each, typeof(NetworkBinaryModelParameters));
        return [.. each.Select(one => ((MixedPrecision.Trainers.INetworkModel)one).Network.Network)];
    }

    private static MlpBinaryTrainer Trainer(Action<MlpBinaryTrainer.Options>? change = null)
        => Ml.MixedPrecision().Trainers.MlpBinary(
            (MlpBinaryTrainer.Options)TrainerCase.Binary.Options(options => change?.Invoke((MlpBinaryTrainer.Options)options)));
}
