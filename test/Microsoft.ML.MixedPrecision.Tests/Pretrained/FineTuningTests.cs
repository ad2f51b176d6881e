using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Pretrained;

/// <summary>Text trainers that start from pretrained weights: where they start, what learns and how fast, and what comes out.</summary>
[TestClass]
public sealed class FineTuningTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly IDataView Data = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 96).Select(
        i => new Row { Text = i % 2 == 0 ? "a b c" : "k l m n", Other = "e", IsFirst = i % 2 == 0 }));

    [TestMethod]
    [DataRow("bert")]
    [DataRow("bert-bf16")]
    [DataRow("roberta")]
    [DataRow("distilbert")]
    public void Fit_FromWeights_LearnsAndScoresAlikeSavedAndLoaded(string name)
    {
        using var folder = new TemporaryFolder();
        ITransformer model = Trainer(options =>
        {
            options.Pretrained = PretrainedWeights.FromFolder(new EncoderCase(name).Folder);
            options.Epochs = 30;
            options.LearningRate = 1e-2f;
        }).Fit(Data);
        Assert.AreEqual(1.0, Ml.BinaryClassification.Evaluate(model.Transform(Data), nameof(Row.IsFirst)).Accuracy);
        Ml.Model.Save(model, Data.Schema, folder.File("model.zip"));
        CollectionAssert.AreEqual(
            model.Transform(Data).GetColumn<float>("Score").ToArray(),
            new MLContext().Model.Load(folder.File("model.zip"), out _).Transform(Data).GetColumn<float>("Score").ToArray());
    }

    /// <summary>With everything but the last layer frozen, the parameters are the file's to the bit; without, none is.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_Freeze_KeepsTheFilesBits(bool freezes)
    {
        Network trained = Fit(options => options.FineTuning.Freeze = freezes ? ["embeddings.*", "layers.*"] : []);
        Network file = FileNetwork();
        foreach ((Parameter now, Parameter then) in trained.Parameters.Zip(file.Parameters))
        {
            bool isSame = now.Values.AsSpan().SequenceEqual(then.Values);
            Assert.AreEqual(freezes && !now.Name.StartsWith("output.", StringComparison.Ordinal), isSame, now.Name);
        }
    }

    [TestMethod]
    public void Fit_FreezeOneLayer_KeepsThatOneAlone()
    {
        Network trained = Fit(options => options.FineTuning.Freeze = ["layers.0.*"]);
        foreach ((Parameter now, Parameter then) in trained.Parameters.Zip(FileNetwork().Parameters))
        {
            Assert.AreEqual(
                now.Name.StartsWith("layers.0.", StringComparison.Ordinal), now.Values.AsSpan().SequenceEqual(then.Values), now.Name);
        }
    }

    /// <summary>As long as training is within the first epochs the backbone keeps its bits; one more, and it does not.</summary>
    [TestMethod]
    [DataRow(2, true)]
    [DataRow(3, false)]
    public void Fit_FreezeEpochs_KeepsTheBackboneThatLong(int epochs, bool keeps)
    {
        Network trained = Fit(options =>
        {
            options.Epochs = epochs;
            options.FineTuning.FreezeEpochs = 2;
        });
        foreach ((Parameter now, Parameter then) in trained.Parameters.Zip(FileNetwork().Parameters))
        {
            bool isSame = now.Values.AsSpan().SequenceEqual(then.Values);
            Assert.AreEqual(keeps && !now.Name.StartsWith("output.", StringComparison.Ordinal), isSame, now.Name);
        }
    }

    /// <summary>η·b·dᴸ⁻¹⁻ˡ: with b = 0.5, d = 0.25 and 2 layers.</summary>
    [TestMethod]
    public void Fit_LayerDecay_IsTheFormulas()
    {
        Network trained = Fit(options => (options.FineTuning.BackboneRate, options.FineTuning.LayerDecay) = (0.5f, 0.25f));
        foreach (Parameter parameter in trained.Parameters)
        {
            double expected = parameter.Name.Split('.') switch
            {
                ["output", ..] => 1,
                ["layers", "1", ..] => 0.5,
                ["layers", "0", ..] => 0.5 * 0.25,
                _ => 0.5 * 0.25 * 0.25,
            };
            Assert.AreEqual(expected, parameter.RateFactor, 1e-7, parameter.Name);
        }
    }

    /// <summary>The usual share of pretrained weights is a tenth, of random ones 1.</summary>
    [TestMethod]
    public void Fit_BackboneRateNotSet_IsATenthOfPretrainedWeights()
    {
        Network trained = Fit(_ => { });
        Assert.AreEqual(0.1f, trained.Parameters.Single(parameter => parameter.Name == "layers.1.feedforward.in.weight").RateFactor);
        Network random = Fit(options => (options.Pretrained, options.Backbone) = (null, TextBackbone.Bert(1, 8, 2)));
        Assert.AreEqual(1f, random.Parameters.Single(parameter => parameter.Name == "layers.0.feedforward.in.weight").RateFactor);
    }

    [TestMethod]
    public void Fit_PatternOfNoParameter_NamesThoseThereAre()
        => StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => Fit(options => options.FineTuning.Freeze = ["encoder.*"])).Message,
            "FineTuning.Freeze has 'encoder.*', which is the name of no parameter; there are embeddings.tokens.weight");

    [TestMethod]
    public void Fit_EverythingFrozen_IsRefused()
        => StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => Fit(options => options.FineTuning.Freeze = ["*"])).Message,
            "nothing is left to train");

    [TestMethod]
    public void Trainer_FineTuningOutsideItsRange_IsRefused()
    {
        foreach (Action<FineTuningOptions> change in (Action<FineTuningOptions>[])
            [
                options => options.FreezeEpochs = -1,
                options => options.BackboneRate = 0,
                options => options.BackboneRate = 1.5f,
                options => options.LayerDecay = 0,
                options => options.LayerDecay = float.NaN,
                options => options.Freeze = [" "],
            ])
        {
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer(options => change(options.FineTuning)));
        }

        Assert.ThrowsExactly<ArgumentNullException>(() => Trainer(options => options.FineTuning = null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => Trainer(options => options.FineTuning.Freeze = null!));
    }

    /// <summary>Options that the weights decide, and weights that a previous model replaces, are said to change nothing.</summary>
    [TestMethod]
    public void Fit_IdleOptions_AreNamed()
    {
        var ml = new MLContext(seed: 1);
        List<string> messages = Messages(ml);
        TextBinaryTrainer trainer = ml.MixedPrecision().Trainers.TextBinary(Options(options =>
        {
            options.Backbone = TextBackbone.Bert(3);
            options.Tokenizer = TextTokenizer.Characters();
        }));
        NetworkBinaryTransformer model = trainer.Fit(Data);
        trainer.Fit(Data, null, model);

        string all = string.Join('\n', messages);
        StringAssert.Contains(all, "Backbone is bert(layers=3");
        StringAssert.Contains(all, "Tokenizer is characters(");
        StringAssert.Contains(all, "but training goes on from a model, so that it changes nothing");
    }

    /// <summary>The log says what the weights are and which tensors were of another task.</summary>
    [TestMethod]
    public void Fit_FromWeights_SaysWhatTheyAre()
    {
        var ml = new MLContext(seed: 1);
        List<string> messages = Messages(ml);
        ml.MixedPrecision().Trainers.TextBinary(Options(_ => { })).Fit(Data);
        string said = messages.Single(message => message.Contains("a Bert of 2 layers of 16", StringComparison.Ordinal));
        StringAssert.Contains(said, "cls.predictions.bias");
    }

    /// <summary>The second text and its separator are of the second type, so that its row learns from pairs and from nothing else; no decay
    /// moves it.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_SecondText_IsOfTheSecondType(bool hasSecond)
    {
        Network trained = Fit(options =>
        {
            options.SecondTextColumnName = hasSecond ? nameof(Row.Other) : null;
            options.WeightDecay = 0;
        });
        const string Name = "embeddings.tokens.types.weight";
        float[] now = trained.Parameters.Single(parameter => parameter.Name == Name).Values;
        float[] then = FileNetwork().Parameters.Single(parameter => parameter.Name == Name).Values;
        Assert.IsFalse(now.AsSpan(0, 16).SequenceEqual(then.AsSpan(0, 16)), "first type");
        Assert.AreEqual(!hasSecond, now.AsSpan(16).SequenceEqual(then.AsSpan(16)), "second type");
    }

    [TestMethod]
    public void SavePretrained_FineTuned_StartsAnotherTrainingThere()
    {
        using var folder = new TemporaryFolder();
        NetworkBinaryTransformer model = Trainer(_ => { }).Fit(Data);
        Ml.MixedPrecision().Model.SavePretrained(model, folder.File("tuned"));
        Network network = ((INetworkModel)model.Model).Network.Network;
        Network again = Fit(options =>
        {
            options.Pretrained = PretrainedWeights.FromFolder(folder.File("tuned"));
            options.FineTuning.Freeze = ["embeddings.*", "layers.*"];
        });
        foreach ((Parameter now, Parameter then) in again.Parameters.Zip(network.Parameters))
        {
            if (!now.Name.StartsWith("output.", StringComparison.Ordinal))
            {
                CollectionAssert.AreEqual(then.Values, now.Values, now.Name);
            }
        }
    }

    /// <summary>A class for each word, from the same weights, kept and written back.</summary>
    [TestMethod]
    public void TokenClassification_FromWeights_StartsThereAndIsWrittenBack()
    {
        using var folder = new TemporaryFolder();
        IDataView data = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(
            i => new Words { Text = ["a", i % 2 == 0 ? "b" : "k", "c"], Tags = ["x", i % 2 == 0 ? "y" : "z", "x"] }));
        TransformerChain<NetworkTokenTransformer> model = Ml.Transforms.Conversion.MapValueToKey("Label", nameof(Words.Tags))
            .Append(Ml.MixedPrecision().Trainers.TokenClassification(new TokenClassificationTrainer.Options
            {
                WordsColumnName = nameof(Words.Text),
                Pretrained = PretrainedWeights.FromFolder(new EncoderCase("bert").Folder),
                FineTuning = new FineTuningOptions { Freeze = ["embeddings.*", "layers.*"] },
                MaxTokens = 12,
                Epochs = 60,
                LearningRate = 0.05f,
                ValidationFraction = 0,
                Device = ComputeDevice.Cpu,
            })).Fit(data);
        Network network = ((INetworkModel)model.LastTransformer.Model).Network.Network;
        foreach ((Parameter now, Parameter then) in network.Parameters.Zip(FileNetwork().Parameters).SkipLast(2))
        {
            CollectionAssert.AreEqual(then.Values, now.Values, now.Name);
        }

        uint[][] keys = [.. model.Transform(data).GetColumn<uint[]>("Label")];
        uint[][] predicted = [.. model.Transform(data).GetColumn<uint[]>("PredictedLabel")];
        for (int row = 0; row < keys.Length; row++)
        {
            CollectionAssert.AreEqual(keys[row], predicted[row], $"row {row}");
        }

        Ml.MixedPrecision().Model.SavePretrained(model, folder.File("tags"));
        Assert.AreEqual(2, PretrainedEncoder.Open(folder.File("tags")).Config.Layers);
    }

    private static Network FileNetwork()
    {
        var encoder = PretrainedEncoder.Open(new EncoderCase("bert").Folder);
        var network = new Network(encoder.Network(new TokensInput("features", 12, 23), 1, 0.1f, Pooling.Mean).ToSpec());
        encoder.Fill(network);
        return network;
    }

    private static Network Fit(Action<TextBinaryTrainer.Options> change)
        => ((INetworkModel)Trainer(change).Fit(Data).Model).Network.Network;

    private static TextBinaryTrainer Trainer(Action<TextBinaryTrainer.Options> change)
        => Ml.MixedPrecision().Trainers.TextBinary(Options(change));

    private static TextBinaryTrainer.Options Options(Action<TextBinaryTrainer.Options> change)
    {
        var options = new TextBinaryTrainer.Options
        {
            LabelColumnName = nameof(Row.IsFirst),
            Pretrained = PretrainedWeights.FromFolder(new EncoderCase("bert").Folder),
            MaxTokens = 12,
            Epochs = 2,
            ValidationFraction = 0,
            Precision = PrecisionPolicy.Float32,
            Device = ComputeDevice.Cpu,
        };
        change(options);
        return options;
    }

    private static List<string> Messages(MLContext ml)
    {
        var messages = new List<string>();
        ml.Log += (_, e) =>
        {
            if (e.Kind is ChannelMessageKind.Warning or ChannelMessageKind.Info)
            {
                messages.Add(e.Message);
            }
        };
        return messages;
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public string Other { get; set; } = "";

        public bool IsFirst { get; set; }
    }

    private sealed class Words
    {
        public string[] Text { get; set; } = [];

        public string[] Tags { get; set; } = [];
    }
}
