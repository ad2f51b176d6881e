using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What options are by a preset, from the paper's table (arXiv 2407.04491), and that one that was set goes before it.</summary>
[TestClass]
public sealed class PresetTests
{
    [TestMethod]
    public void Options_OfRealMlpSimple_AreThePapers()
    {
        var classes = new MlpBinaryTrainer.Options { Preset = MlpPreset.RealMlpSimple };
        var numbers = new MlpRegressionTrainer.Options { Preset = MlpPreset.RealMlpSimple };
        foreach (MlpTrainerOptions options in new MlpTrainerOptions[] { classes, numbers })
        {
            CollectionAssert.AreEqual(new[] { 256, 256, 256 }, options.HiddenLayers.ToArray());
            Assert.AreEqual(LearningRateSchedule.CosLog, options.Schedule);
            Assert.AreEqual((0f, 0f, 0.95f), (options.Dropout, options.WeightDecay, options.Beta2));
            Assert.AreEqual(
                (true, 6f, 0.1f, true),
                (options.ScaleLayer, options.ScaleLearningRateFactor, options.BiasLearningRateFactor, options.ZeroOutputLayer));
            Assert.AreEqual((Parametrization.NeuralTangent, FeatureScaling.Robust), (options.Parametrization, options.FeatureScaling));
            Assert.AreEqual((NumericEmbedding.None, false, false),
                (options.NumericEmbedding, options.ParametricActivation, options.DataDrivenStart));
        }

        Assert.AreEqual((0.04f, ActivationKind.Selu), (classes.LearningRate, classes.Activation));
        Assert.AreEqual((0.07f, ActivationKind.Mish), (numbers.LearningRate, numbers.Activation));
    }

    [TestMethod]
    public void Options_OfRealMlp_AreThePapers()
    {
        var classes = new MlpMulticlassTrainer.Options { Preset = MlpPreset.RealMlp };
        var numbers = new MlpRegressionTrainer.Options { Preset = MlpPreset.RealMlp };
        foreach (MlpTrainerOptions options in new MlpTrainerOptions[] { classes, numbers })
        {
            Assert.AreEqual((NumericEmbedding.Periodic, true, true),
                (options.NumericEmbedding, options.ParametricActivation, options.DataDrivenStart));
            Assert.AreEqual((0.15f, 0.02f, RegularizationSchedule.FlatCos),
                (options.Dropout, options.WeightDecay, options.RegularizationSchedule));
        }

        Assert.AreEqual((0.04f, ActivationKind.Selu), (classes.LearningRate, classes.Activation));
        Assert.AreEqual((0.2f, ActivationKind.Mish), (numbers.LearningRate, numbers.Activation));
    }

    [TestMethod]
    public void Options_SetBeforeOrAfterAPreset_StayAsTheyWereSet()
    {
        var before = new MlpBinaryTrainer.Options { LearningRate = 1e-3f, ScaleLayer = false, HiddenLayers = [8], Dropout = 0 };
        before.Preset = MlpPreset.RealMlp;
        var after = new MlpBinaryTrainer.Options { Preset = MlpPreset.RealMlp };
        (after.LearningRate, after.ScaleLayer, after.HiddenLayers, after.Dropout) = (1e-3f, false, [8], 0);

        foreach (MlpBinaryTrainer.Options options in new[] { before, after })
        {
            Assert.AreEqual((1e-3f, false, 0f, 1), (options.LearningRate, options.ScaleLayer, options.Dropout, options.HiddenLayers.Count));
            Assert.AreEqual(0.95f, options.Beta2, "what was not set is the preset's");
        }

        before.Preset = MlpPreset.None;
        Assert.AreEqual((1e-3f, 0.999f), (before.LearningRate, before.Beta2));
    }

    [TestMethod]
    public void Json_OfOptionsWithAPreset_IsReadAsTheSameOptions()
    {
        var options = new MlpRegressionTrainer.Options { Preset = MlpPreset.RealMlp, LearningRate = 0.01f };
        string json = JsonSerializer.Serialize(options);
        MlpRegressionTrainer.Options read = JsonSerializer.Deserialize<MlpRegressionTrainer.Options>(json)!;

        Assert.AreEqual(json, JsonSerializer.Serialize(read));
        Assert.AreEqual((0.01f, 0.15f, true), (read.LearningRate, read.Dropout, read.DataDrivenStart));
    }

    [TestMethod]
    [DataRow(MlpPreset.RealMlpSimple)]
    [DataRow(MlpPreset.RealMlp)]
    public void Fit_WithAPreset_SavesAndLoadsItsNetwork(MlpPreset preset)
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(Blob.Rows(300));
        IDataView data = ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(rows).Transform(rows);
        var options = new MlpMulticlassTrainer.Options { Preset = preset, Epochs = 3, HiddenLayers = [16, 16] };
        ITransformer model = ml.MixedPrecision().Trainers.MlpMulticlass(options).Fit(data);
        TrainingResult training = TrainerCase.TrainingOf(model);

        Assert.AreEqual(3, training.History.Count, "patience is 256 epochs");
        CollectionAssert.AreEqual(
            TrainerCase.WeightsOf(model), TrainerCase.WeightsOf(Models.Load(Models.Save(model))));
    }
}
