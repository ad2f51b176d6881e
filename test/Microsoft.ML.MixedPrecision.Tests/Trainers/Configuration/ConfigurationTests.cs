using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Configuration;

/// <summary>Options from <c>Microsoft.Extensions.Configuration</c>, through the real binder: what was written, or an error.</summary>
[TestClass]
public sealed class ConfigurationTests
{
    private static readonly Type[] Trainers = [
        typeof(MlpBinaryTrainer.Options),
        typeof(MlpMulticlassTrainer.Options),
        typeof(MlpRegressionTrainer.Options)];

    public static IEnumerable<object[]> All => Trainers.Select(type => (object[])[type]);

    public static IEnumerable<object[]> EachOption
        => from type in Trainers from option in ConfiguredOption.Of(type) select (object[])[type, option.Property.Name];

    [TestMethod]
    public void Get_OfTheIssuesSection_GivesThatNetwork()
    {
        IConfigurationSection section = Settings.Json("""
            "HiddenLayers": [128, 64], "Precision": "mixed_bfloat16", "LossScaling": "none", "Device": "cpu", "Optimizer": "sgd", "LearningRate": 0.05
            """);

        foreach (bool strict in (bool[])[false, true])
        {
            MlpBinaryTrainer.Options options = Settings.Get<MlpBinaryTrainer.Options>(section, strict);

            Assert.AreEqual("128, 64", ConfiguredOption.Text(options.HiddenLayers));
            Assert.AreEqual(
                (PrecisionPolicy.MixedBFloat16, LossScaling.None, ComputeDevice.Cpu),
                (options.Precision, options.LossScaling, options.Device));
            Assert.AreEqual((OptimizerKind.Sgd, 0.05f), (options.Optimizer, options.LearningRate));
        }
    }

    [TestMethod]
    [DynamicData(nameof(EachOption))]
    public void Get_OfOneOption_ChangesThatOneOnly(Type type, string name)
    {
        MlpTrainerOptions defaults = Defaults(type);
        ConfiguredOption option = ConfiguredOption.Of(type).Single(candidate => candidate.Property.Name == name);
        object other = option.Other(defaults);
        Assert.AreNotEqual(option.Text(defaults), ConfiguredOption.Text(other));

        foreach (
            IConfigurationSection section in (IConfigurationSection[])[
                Settings.Json(option.Json(other)),
                Settings.Memory([.. option.Pairs(other)])])
        {
            MlpTrainerOptions read = Settings.Get(section, type);

            // A preset changes those that are not set, here as in code.
            MlpTrainerOptions expected = Defaults(type);
            option.Property.SetValue(expected, other is int[] widths ? Widths(widths) : other);
            foreach (ConfiguredOption each in ConfiguredOption.Of(type))
            {
                Assert.AreEqual(each.Text(expected), each.Text(read), each.Property.Name);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    public void Get_OfAllOptions_GivesWhatWasWritten_InEveryCulture(Type type)
    {
        MlpTrainerOptions defaults = Defaults(type);
        IReadOnlyList<ConfiguredOption> options = ConfiguredOption.Of(type);
        IConfigurationSection json = Settings.Json(string.Join(", ", options.Select(option => option.Json(option.Other(defaults)))));
        IConfigurationSection memory = Settings.Memory([.. options.SelectMany(option => option.Pairs(option.Other(defaults)))]);

        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            foreach (IConfigurationSection section in (IConfigurationSection[])[json, memory])
            {
                MlpTrainerOptions read = Settings.Get(section, type);
                foreach (ConfiguredOption option in options)
                {
                    Assert.AreEqual(ConfiguredOption.Text(option.Other(defaults)), option.Text(read), option.Property.Name);
                }
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    [DataRow(""" "HiddenLayers": [] """, "")]
    [DataRow(""" "HiddenLayers": "" """, "")]
    [DataRow(""" "HiddenLayers": "512, 256,64" """, "512, 256, 64")]
    [DataRow(""" "HiddenLayers": "[512, 256]" """, "512, 256")]
    [DataRow(""" "HiddenLayers": 48 """, "48")]
    [DataRow(""" "HiddenLayers": [256, 128] """, "256, 128")]
    [DataRow(""" "HiddenLayers": [256, 128, 128, 64] """, "256, 128, 128, 64")]
    [DataRow(""" "Epochs": 3 """, "256, 128")]
    public void Get_OfHiddenLayers_TakesListsAndText(string json, string expected)
        => Assert.AreEqual(expected, ConfiguredOption.Text(Settings.Get<MlpRegressionTrainer.Options>(Settings.Json(json)).HiddenLayers));

    [TestMethod]
    public void Bind_OntoOptionsSetInCode_ReplacesTheirLayers()
    {
        IConfigurationSection section = Settings.Json(""" "HiddenLayers": [128, 64] """);
        var options = new MlpBinaryTrainer.Options { HiddenLayers = [32] };

        section.Bind(options);
        Assert.AreEqual("128, 64", ConfiguredOption.Text(options.HiddenLayers));

        section.Bind(options);
        Assert.AreEqual("128, 64", ConfiguredOption.Text(options.HiddenLayers));

        Settings.Json(""" "Epochs": 3 """).Bind(options);
        Assert.AreEqual("128, 64", ConfiguredOption.Text(options.HiddenLayers));
        Assert.AreEqual("256, 128", ConfiguredOption.Text(new MlpBinaryTrainer.Options().HiddenLayers));
    }

    [TestMethod]
    public void Bind_OntoLayersOfOtherOptions_LeavesThoseAlone()
    {
        var first = new MlpBinaryTrainer.Options { HiddenLayers = [32] };
        var second = new MlpBinaryTrainer.Options { HiddenLayers = first.HiddenLayers };

        Settings.Json(""" "HiddenLayers": [5] """).Bind(second);

        Assert.AreEqual("32", ConfiguredOption.Text(first.HiddenLayers));
        Assert.AreEqual("5", ConfiguredOption.Text(second.HiddenLayers));
    }

    [TestMethod]
    [DataRow("Precision", "mixed_float61", "'mixed_float61' is no precision policy", "mixed_bfloat16")]
    [DataRow("Precision", "", "'' is no precision policy", "mixed_bfloat16")]
    [DataRow("Precision", "mixed_float16; Loss=Float16", "Loss", "Float32")]
    [DataRow("LossScaling", "statc(8)", "'statc(8)' is no loss scaling", "static(1024)")]
    [DataRow("LossScaling", "static(-8)", "-8", "positive and finite")]
    [DataRow("Device", "gpux", "'gpux' is no device", "'cuda:N'")]
    [DataRow("HiddenLayers", "128, x", "'x'", "whole numbers", "256, 128")]
    [DataRow("HiddenLayers", "128.5", "'128.5'", "whole numbers")]
    [DataRow("Activation", "Relux", "'Relux' is no ActivationKind", "Silu")]
    [DataRow("Activation", "Relu, Gelu", "'Relu, Gelu' is no ActivationKind", "Silu")]
    [DataRow("Activation", "99", "'99' is no ActivationKind", "Silu")]
    [DataRow("Normalization", "Batch", "'Batch' is no NormalizationKind", "BatchNorm")]
    [DataRow("Optimizer", "Adam", "'Adam' is no OptimizerKind", "AdamW, Sgd")]
    [DataRow("Schedule", "Linear, Cosine", "'Linear, Cosine' is no LearningRateSchedule", "OneCycle")]
    [DataRow("Loss", "huber2", "'huber2' is no RegressionLoss", "SquaredError, Huber")]
    [DataRow("LearningRate", "1,5", "1,5")]
    [DataRow("ClipNorm", "big", "big")]
    [DataRow("Seed", "1.5", "1.5")]
    [DataRow("MemoryLimit", "8GB", "8GB")]
    public void Get_OfAWrongValue_SaysValueKeyAndWhatIsAllowed(string key, string value, params string[] parts)
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => Settings.Get<MlpRegressionTrainer.Options>(Settings.Memory((key, value)), strict: false));

        string message = error.ToString();
        foreach (string part in parts.Append($"Training:{key}"))
        {
            StringAssert.Contains(message, part);
        }
    }

    [TestMethod]
    [DataRow(""" "HiddenLayer": [64] """, "HiddenLayer")]
    [DataRow(""" "HiddenLayers": [64, 12.5] """, "HiddenLayers:1")]
    [DataRow(""" "HiddenLayers": [64, "x"] """, "HiddenLayers:1")]
    [DataRow(""" "LossScaling": { "Static": 8 } """, "'Static'")]
    [DataRow(""" "Precision": [ "float32" ] """, "Precision")]
    [DataRow(""" "Training": { "Epochs": 3 } """, "'Training'")]
    [DataRow(""" "ClassWeights": { "rare": "much" } """, "ClassWeights:rare")]
    [DataRow(""" "ClassWeights": { "one:two": 3 } """, "'two'")]
    [DataRow(""" "ClassWeights": 3 """, "ClassWeights")]
    [DataRow(""" "MetricsCallback": "print" """, "MetricsCallback")]
    public void Get_WithErrorOnUnknownConfiguration_RefusesWhatNoOptionHolds(string json, string part)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Settings.Get<MlpMulticlassTrainer.Options>(Settings.Json(json)));

        StringAssert.Contains(error.ToString(), part);
    }

    [TestMethod]
    [DataRow(""" "HiddenLayers": [64, null] """, "0 at position 1")]
    [DataRow(""" "HiddenLayers": null """, "HiddenLayers is null")]
    [DataRow(""" "Precision": null """, "Precision is null")]
    [DataRow(""" "LossScaling": null """, "LossScaling is null")]
    [DataRow(""" "Device": null """, "Device is null")]
    [DataRow(""" "Precision": "mixed_float16", "LossScaling": "none" """, "LossScaling.Auto")]
    public void Trainer_OfAConfigurationOfNothing_SaysWhatIsAllowed(string json, string part)
    {
        MlpBinaryTrainer.Options options = Settings.Get<MlpBinaryTrainer.Options>(Settings.Json(json));

        var error = Assert.Throws<ArgumentException>(() => new MLContext(seed: 1).MixedPrecision().Trainers.MlpBinary(options));

        StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    public void Get_OfClassWeights_GivesTheNamedOnes()
    {
        var options = Settings.Get<MlpMulticlassTrainer.Options>(Settings.Json(""" "ClassWeights": { "rare": 20, "Common one": 0.5 } """));

        Assert.AreEqual("Common one=0.5; rare=20", ConfiguredOption.Text(options.ClassWeights));
    }

    [TestMethod]
    public void Get_OfOtherOptions_GivesWhatWasWritten()
    {
        OnnxExportOptions export = Settings.Json("""
            "Format": "float16", "OperatorSet": "wide", "MaxDifference": 0.01, "OutputColumns": ["Score", "PredictedLabel"]
            """).Get<OnnxExportOptions>(binder => binder.ErrorOnUnknownConfiguration = true)!;
        OnnxScoringEstimator.Options scoring = Settings.Json("""
            "Device": "cpu", "BatchSize": 7, "InputColumns": { "x": "Features" }, "Limits": { "MaxBytes": 1000, "AdditionalOperators": ["Erf"] }
            """).Get<OnnxScoringEstimator.Options>(binder => binder.ErrorOnUnknownConfiguration = true)!;

        Assert.AreEqual((NumericFormat.Float16, OnnxOperatorSet.Wide), (export.Format, export.OperatorSet));
        Assert.AreEqual(0.01, export.MaxDifference!.Value, 1e-12);
        CollectionAssert.AreEqual(new[] { "Score", "PredictedLabel" }, export.OutputColumns!.ToArray());
        Assert.AreEqual((ComputeDevice.Cpu, 7, "Features"), (scoring.Device, scoring.BatchSize, scoring.InputColumns!["x"]));
        Assert.AreEqual((1000, "Erf"), (scoring.Limits.MaxBytes, scoring.Limits.AdditionalOperators.Single()));
    }

    [TestMethod]
    public void Bind_LeavesCodeAlone()
    {
        Action<TrainingMetrics> callback = _ => { };
        using var source = new CancellationTokenSource();
        IDataView rows = new MLContext(seed: 1).Data.LoadFromEnumerable(Blob.Rows(3));
        var options = new MlpMulticlassTrainer.Options
        {
            MetricsCallback = callback,
            CancellationToken = source.Token,
            ValidationSet = rows,
        };

        Settings.Json(""" "Epochs": 3 """).Bind(options);

        Assert.AreSame(callback, options.MetricsCallback);
        Assert.AreEqual(source.Token, options.CancellationToken);
        Assert.AreSame(rows, options.ValidationSet);
    }

    private static MlpTrainerOptions Defaults(Type type) => (MlpTrainerOptions)Activator.CreateInstance(type)!;

    private static LayerWidths Widths(int[] widths) => [.. widths];
}
