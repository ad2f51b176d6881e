using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Pretrained;

/// <summary>Encoders under published names give what plain PyTorch gives in float64; written and read again they have the same
/// bits.</summary>
[TestClass]
public sealed class EncoderGoldenTests
{
    private const int Steps = 10;

    public static IEnumerable<object[]> Names => EncoderCase.Names.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Encoder_MeanOfTheLastLayer_IsPyTorchs(string name)
    {
        var its = new EncoderCase(name);
        AssertClose(its.Mean, Run(its.Folder, its.Rows, Pooling.Mean, out _));
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Encoder_FirstToken_IsPyTorchs(string name)
    {
        var its = new EncoderCase(name);
        AssertClose(its.First, Run(its.Folder, its.Rows, Pooling.Cls, out _));
    }

    /// <summary>Before a last layer, here one that gives what it reads, the pooler stands behind the first token.</summary>
    [TestMethod]
    public void Encoder_PoolerOfTheFirstToken_IsPyTorchs()
    {
        var its = new EncoderCase("bert");
        AssertClose(its.Pooler, Run(its.Folder, its.Rows, Pooling.Cls, out _, isClassifier: true));
    }

    [TestMethod]
    [DataRow("bert", "bert.", "cls.predictions.bias, cls.seq_relationship.weight, embeddings.position_ids, pooler.dense.bias, "
        + "pooler.dense.weight")]
    [DataRow("bert-bf16", "", "")]
    [DataRow("roberta", "roberta.", "lm_head.bias")]
    [DataRow("distilbert", "distilbert.", "vocab_projector.bias")]
    public void Encoder_TensorsOfOtherTasks_AreNamed(string name, string prefix, string left)
    {
        var its = new EncoderCase(name);
        Run(its.Folder, its.Rows, Pooling.Mean, out IReadOnlyList<string> found);
        Assert.AreEqual(left, string.Join(", ", found), $"prefix {prefix}");
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Encoder_WrittenAndReadAgain_HasTheSameBits(string name)
    {
        var its = new EncoderCase(name);
        using var folder = new TemporaryFolder();
        string path = folder.File("saved");
        foreach (bool isClassifier in new[] { false, true })
        {
            float[][] expected = Run(
                its.Folder,
                its.Rows,
                Pooling.Cls,
                out _,
                network => EncoderFolder.Write(path, network, VocabularyFile.Read(its.Folder)),
                isClassifier);
            float[][] again = Run(path, its.Rows, Pooling.Cls, out IReadOnlyList<string> left, isClassifier: isClassifier);
            for (int row = 0; row < expected.Length; row++)
            {
                CollectionAssert.AreEqual(expected[row], again[row], $"{isClassifier}, row {row}");
            }

            Assert.AreEqual(isClassifier ? "classifier.bias, classifier.weight" : "", string.Join(", ", left));
            CollectionAssert.AreEqual(
                VocabularyFile.Read(its.Folder).Tokens.ToArray(), VocabularyFile.Read(path).Tokens.ToArray(), "vocabulary");
        }
    }

    /// <summary>The names are the published ones: those of the recorded file, less its prefix, its heads and its buffers, with the names of
    /// norms since 2019.</summary>
    [TestMethod]
    public void Encoder_Written_HasThePublishedNames()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("saved");
        var its = new EncoderCase("bert");
        Run(
            its.Folder,
            its.Rows,
            Pooling.Cls,
            out _,
            network => EncoderFolder.Write(path, network, VocabularyFile.Read(its.Folder)),
            isClassifier: true);
        string[] expected = [.. SafetensorsFiles.Open(Path.Combine(its.Folder, "model.safetensors")).Shapes
            .Where(tensor => !tensor.Key.StartsWith("cls.", StringComparison.Ordinal))
            .Where(tensor => !tensor.Key.EndsWith("_ids", StringComparison.Ordinal))
            .Select(tensor => Text(tensor.Key["bert.".Length..].Replace("gamma", "weight").Replace("beta", "bias"), tensor.Value))
            .Order(StringComparer.Ordinal)];

        string[] written = [.. SafetensorsFiles.Open(Path.Combine(path, "model.safetensors")).Shapes
            .Where(tensor => !tensor.Key.StartsWith("classifier.", StringComparison.Ordinal))
            .Select(tensor => Text(tensor.Key, tensor.Value[0] == Steps ? [12, 16] : tensor.Value))
            .Order(StringComparer.Ordinal)];

        CollectionAssert.AreEqual(expected, written, string.Join('\n', written));

        static string Text(string name, IReadOnlyList<long> shape) => $"{name} [{string.Join(", ", shape)}]";
    }

    /// <summary>Without a separator in the vocabulary no token is of the second type.</summary>
    [TestMethod]
    public void Encoder_VocabularyWithoutSeparator_HasTheFirstTypeEverywhere()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("plain");
        EncoderCase.Copy("bert", path);
        string vocabulary = Path.Combine(path, "vocab.txt");
        File.WriteAllText(vocabulary, File.ReadAllText(vocabulary).Replace("[SEP]", "[END]"));
        var its = new EncoderCase("bert");
        int[][] rows = [.. its.Rows.Take(4)];

        AssertClose([.. its.Mean.Take(4)], Run(path, rows, Pooling.Mean, out _));
    }

    private static float[][] Run(
        string folder,
        int[][] rows,
        Pooling pooling,
        out IReadOnlyList<string> left,
        Action<Network>? then = null,
        bool isClassifier = false)
    {
        var encoder = PretrainedEncoder.Open(folder);
        var input = new TokensInput("features", Steps, VocabularyFile.Read(folder).Tokens.Count);
        int? outputs = isClassifier ? encoder.Config.Width : null;
        var network = new Network(encoder.Network(input, outputs, dropout: 0, pooling).ToSpec());
        left = encoder.Fill(network);
        if (isClassifier)
        {
            float[] weights = network.OutputLayer.Weight.Values;
            for (int i = 0; i < encoder.Config.Width; i++)
            {
                weights[(i * encoder.Config.Width) + i] = 1;
            }
        }

        then?.Invoke(network);
        using var scorer = new Scorer(network, threads: 1, softmax: false);
        using ScoringSession session = scorer.CreateSession(rows.Length);
        float[] x = [.. rows.SelectMany(row => Enumerable.Range(0, Steps).Select(t => t < row.Length ? row[t] + 1f : 0f))];
        var y = new float[rows.Length * network.Outputs];
        session.Run(x, rows.Length, y);
        return [.. y.Chunk(network.Outputs)];
    }

    /// <summary>Two layers in Float32: some 10 roundings of 6e-8 of numbers of size 1.</summary>
    private static void AssertClose(double[][] expected, float[][] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int row = 0; row < expected.Length; row++)
        {
            for (int i = 0; i < expected[row].Length; i++)
            {
                Assert.AreEqual(expected[row][i], actual[row][i], 3e-6 * Math.Max(1, Math.Abs(expected[row][i])), $"row {row}, {i}");
            }
        }
    }
}
