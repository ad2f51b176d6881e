namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Trainers;

/// <summary>A language model that trains on a card: what it learns of a language of known entropy, and its figures beside the
/// CPU's.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CardLanguageTests : GpuTest
{
    private static readonly string[] Who = ["cats", "cats", "dogs", "birds"], How = ["often", "never"];

    /// <summary>2.5·ln 2 nats a text: ln 2 for how, 1.5·ln 2 for who, nothing for where, which who decides two words before.</summary>
    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void LanguageModel_OnTheCard_LearnsWhatThereIsToLearn(string policy)
    {
        var ml = new MLContext(seed: 1);
        Saying[] all = [.. Who.SelectMany(who => How.Select(how => Say(who, how)))];
        var random = new Random(1);
        LanguageModelTransformer model = ml.MixedPrecision().Trainers.LanguageModel(new LanguageModelTrainer.Options
        {
            Tokenizer = TextTokenizer.TrainWords(100),
            Backbone = TextBackbone.Transformer(layers: 2, width: 64, heads: 2),
            MaxTokens = 8,
            Epochs = 20,
            BatchSize = 32,
            LearningRate = 5e-3f,
            ValidationFraction = 0,
            Precision = PrecisionPolicy.Parse(policy),
            Device = ComputeDevice.Cuda(0),
        }).Fit(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 600).Select(_ => Say(Who[random.Next(4)], How[random.Next(2)]))));
        IDataView data = ml.Data.LoadFromEnumerable(all);

        model.ScoringDevice = ComputeDevice.Cuda(0);
        LanguageModelMetrics onCard = model.Evaluate(data);
        model.ScoringDevice = ComputeDevice.Cpu;
        LanguageModelMetrics onCpu = model.Evaluate(data);

        double nats = -onCard.LogLikelihood / all.Length, entropy = 2.5 * Math.Log(2);
        Assert.IsGreaterThan(entropy - 1e-3, nats, "nobody knows more than there is to know");
        Assert.IsLessThan(entropy + 0.1, nats);
        Assert.AreEqual(onCpu.LogLikelihood, onCard.LogLikelihood, 1e-3);
        Assert.AreEqual(onCpu.TokenCount, onCard.TokenCount);
    }

    private static Saying Say(string who, string how)
        => new() { Text = $"{who} {how} {(who == "cats" ? "home" : who == "dogs" ? "away" : "south")} ." };

    private sealed class Saying
    {
        public string Text { get; set; } = "";
    }
}
