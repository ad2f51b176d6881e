using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Labels of any size, and outliers.</summary>
[TestClass]
public sealed class RegressionLabelTests
{
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>FP16 ends at 65504: the layer that gives 3e5 must stay FP32 in a file that is FP16 otherwise.</summary>
    [TestMethod]
    public void ExportToOnnx_LabelsBeyondFloat16_AgreesInFloat16()
    {
        var ml = new MLContext(seed: 1);
        Sample[] samples = Sample.Rows(300);
        foreach (Sample sample in samples)
        {
            sample.Value = 3e5f + (1e5f * sample.Value);
        }

        IDataView rows = ml.Data.LoadFromEnumerable(samples);
        var pipeline = ml.Transforms.NormalizeMeanVariance("Features", fixZero: false)
            .Append(
                ml.MixedPrecision().Trainers.MlpRegression(
                    new MlpRegressionTrainer.Options { LabelColumnName = "Value", HiddenLayers = [16], Epochs = 5, Seed = 1 }));
        using var folder = new TemporaryFolder();

        OnnxExportReport report = ml.MixedPrecision().Model.ExportToOnnx(
            pipeline.Fit(rows),
            rows,
            folder.File("model.onnx"),
            new OnnxExportOptions { Format = NumericFormat.Float16 });

        // The hidden layer's ten bits are about a thousandth of the labels' deviation of 1e5 or so.
        Assert.IsLessThan(3000, report.Verification!.ModelToFile.LargestDifference!.Value);
    }

    [TestMethod]
    public void StandardizeLabel_InFloat16_LearnsLargeLabelsAsWellAsSmallOnes()
    {
        (double small, TrainingResult smallTraining, float[] smallScores) = Learn(1, 0);
        (double large, TrainingResult largeTraining, float[] largeScores) = Learn(1e6, 3e5);

        Assert.IsGreaterThan(0.97, small);
        Assert.AreEqual(small, large, 0.005);
        Assert.AreEqual(smallTraining.History[^1].Loss, largeTraining.History[^1].Loss, 0.003, "losses are of what the network learns");
        Assert.AreEqual(0, largeTraining.Skipped - smallTraining.Skipped);
        foreach ((float s, float l) in smallScores.Zip(largeScores))
        {
            Assert.AreEqual((s * 1e6) + 3e5, l, 3e5, "predictions are in units of the label");
        }
    }

    [TestMethod]
    public void StandardizeLabel_Off_LearnsTheLabelItself()
    {
        IDataView rows = TrainerCase.Regression.Prepared(Ml, Scaled(200, 1, 1000));

        TrainingResult plain = Training(rows, standardize: false), standardized = Training(rows, standardize: true);

        Assert.IsGreaterThan(1e5, plain.History[0].Loss, "the mean of squared labels is a million");
        Assert.IsLessThan(3, standardized.History[0].Loss);
    }

    [TestMethod]
    public void StandardizeLabel_Off_TellsWhenFloat16CannotHoldTheLoss()
    {
        IDataView rows = TrainerCase.Regression.Prepared(Ml, Scaled(200, 1e20, 1e30));

        TrainingResult training = Training(rows, standardize: false);

        Assert.AreEqual(training.Attempts, training.Skipped);
        Assert.IsNotEmpty(training.Warnings, "it must say that nothing was learned");
    }

    /// <summary>Half of the labels 3e38 above 0 and half below: their deviation is 3e38, and no score of 1.13 deviations is a Single any
    /// more.</summary>
    [TestMethod]
    [DataRow(3e38f, true)]
    [DataRow(8e37f, false)]
    public void Labels_NearTheEndOfSingle_AreWarnedOf(float size, bool warned)
    {
        IDataView rows = TrainerCase.Regression.Prepared(
            Ml,
            [.. Sample.Rows(100).Select(row => { row.Value = row.Number % 2 == 0 ? size : -size; return row; })]);

        TrainingResult training = Training(rows, standardize: true);

        Assert.AreEqual(warned, training.Warnings.Any(line => line.Contains("are so large", StringComparison.Ordinal) && line.Contains(
            "4 deviations from the mean are beyond 3.4028235E+38", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Huber_WithOutliers_LearnsWhereSquaredErrorDoesNot()
    {
        Sample[] rows = Sample.Rows(400);
        foreach (Sample row in rows.Where(row => row.Number % 10 == 0))
        {
            row.Value = 400;
        }

        IDataView train = TrainerCase.Regression.Prepared(Ml, rows), clean = TrainerCase.Regression.Prepared(Ml, Sample.Rows(300, seed: 2));
        double huber = Error(RegressionLoss.Huber), squared = Error(RegressionLoss.SquaredError);

        Assert.IsLessThan(2, huber);
        Assert.IsGreaterThan(20, squared, "the mean is pulled to 40");

        double Error(RegressionLoss loss) => Ml.Regression.Evaluate(TrainerCase.Regression.Fit(Ml, train, options =>
        {
            (
                ((MlpRegressionTrainer.Options)options).Loss,
                ((MlpRegressionTrainer.Options)options).HuberDelta,
                options.Epochs) = (loss, 0.01f, 60);
        }).Transform(clean)).MeanAbsoluteError;
    }

    [TestMethod]
    public void Fit_OfConstantLabel_PredictsItEvenBesideOtherValidationLabels()
    {
        Sample[] rows = Sample.Rows(100), others = Sample.Rows(50, seed: 2);
        foreach (Sample row in rows)
        {
            row.Value = 1234.567f;
        }

        ITransformer model = TrainerCase.Regression.Fit(
            Ml,
            TrainerCase.Regression.Options(),
            TrainerCase.Regression.Prepared(Ml, rows),
            TrainerCase.Regression.Prepared(Ml, others));

        TrainingResult training = TrainerCase.TrainingOf(model);
        Assert.IsTrue(
            model.Transform(TrainerCase.Regression.Prepared(Ml, others))
                .GetColumn<float>("Score")
                .All(score => Math.Abs(score - 1234.567f) < 3));
        Assert.IsLessThan(1e8, training.History[^1].ValidationLoss!.Value, "the deviation of a constant is 1, not what rounding leaves");
    }

    [TestMethod]
    [DataRow(1e30f)]
    [DataRow(3e38f)]
    [DataRow(1e-30f)]
    public void Fit_OfLabelsOfAnySize_LearnsThem(float scale)
    {
        IDataView rows = TrainerCase.Regression.Prepared(Ml, Scaled(300, scale / 6, 0));

        float[] labels = [.. rows.GetColumn<float>("Label")], scores = [
            .. TrainerCase.Regression.Fit(Ml, rows).Transform(rows).GetColumn<float>("Score")];

        Assert.IsTrue(scores.All(float.IsFinite));
        double mean = labels.Average(label => (double)label);
        double unexplained = labels.Zip(scores, (label, score) => Math.Pow(label - (double)score, 2)).Sum();
        Assert.IsGreaterThan(0.95, 1 - (unexplained / labels.Sum(label => Math.Pow(label - mean, 2))));
    }

    private static (double RSquared, TrainingResult Training, float[] Scores) Learn(double scale, double offset)
    {
        IDataView train = TrainerCase.Regression.Prepared(Ml, Scaled(300, scale, offset)), test = TrainerCase.Regression.Prepared(
            Ml,
            Scaled(200, scale, offset, seed: 2));
        ITransformer model = TrainerCase.Regression.Fit(Ml, train, options => options.Precision = PrecisionPolicy.MixedFloat16);
        IDataView scored = model.Transform(test);
        return (Ml.Regression.Evaluate(scored).RSquared, TrainerCase.TrainingOf(model), [.. scored.GetColumn<float>("Score")]);
    }

    private static TrainingResult Training(IDataView rows, bool standardize)
        => TrainerCase.TrainingOf(TrainerCase.Regression.Fit(Ml, rows, options =>
    {
        (options.Epochs, options.Precision) = (2, PrecisionPolicy.MixedFloat16);
        ((MlpRegressionTrainer.Options)options).StandardizeLabel = standardize;
    }));

    private static Sample[] Scaled(int count, double scale, double offset, int seed = 1)
    {
        Sample[] rows = Sample.Rows(count, seed);
        foreach (Sample row in rows)
        {
            row.Value = (float)((row.Value * scale) + offset);
        }

        return rows;
    }
}
