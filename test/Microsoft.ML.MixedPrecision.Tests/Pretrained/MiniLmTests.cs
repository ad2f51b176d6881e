using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Pretrained;

/// <summary>A real encoder: its embeddings are those of ONNX Runtime on its own file.</summary>
[TestClass]
public sealed class MiniLmTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly string[] Texts =
    [
        "This is an example sentence",
        "Each sentence is converted",
        "",
        "A small, round stone worn smooth by a river; also: gravel.",
        "naïve café — 東京 😀 \ud800 unpaired",
        string.Concat(Enumerable.Repeat("a long text about nothing in particular ", 20)),
    ];

    [TestMethod]
    public void EmbedText_RealWeights_AreOnnxRuntimesTo1e4()
    {
        float[][] ours = Embed(normalize: false, maxTokens: 64);
        float[][] theirs = OnnxRuntimes(64);
        for (int row = 0; row < Texts.Length; row++)
        {
            for (int i = 0; i < 384; i++)
            {
                Assert.AreEqual(theirs[row][i], ours[row][i], 1e-4, $"'{Texts[row]}', {i}");
            }
        }
    }

    /// <summary>The first numbers of a sentence's first token, before BERT's pooler, as another program recorded them from the package's
    /// own file.</summary>
    [TestMethod]
    public void EmbedText_FirstTokenOfASentence_HasTheRecordedNumbers()
    {
        float[] expected = [0.0366f, -0.0162f, 0.1682f, 0.1158f, 0.1196f];
        float[] first = Embed(normalize: false, maxTokens: 256, Pooling.Cls)[0];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], first[i], 1e-4, $"{i}");
        }
    }

    [TestMethod]
    public void EmbedText_Normalized_HasLengthOneAndTheSameDirection()
    {
        float[][] plain = Embed(normalize: false, maxTokens: 64), unit = Embed(normalize: true, maxTokens: 64);
        for (int row = 0; row < Texts.Length; row++)
        {
            double length = Math.Sqrt(plain[row].Sum(value => (double)value * value));
            for (int i = 0; i < 384; i++)
            {
                Assert.AreEqual(plain[row][i] / length, unit[row][i], 1e-6, $"'{Texts[row]}', {i}");
            }
        }
    }

    private static float[][] Embed(bool normalize, int maxTokens, Pooling pooling = Pooling.Mean)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(Texts.Select(text => new Row { Text = text }));
        using TextEmbeddingTransformer model = Ml.MixedPrecision().Transforms.EmbedText(new TextEmbeddingEstimator.Options
        {
            Pretrained = PretrainedWeights.FromFolder(MiniLm.Folder),
            Normalize = normalize,
            MaxTokens = maxTokens,
            Pooling = pooling,
        }).Fit(data);
        return [.. model.Transform(data).GetColumn<float[]>("Embedding")];
    }

    /// <summary>One text at a time, so that nothing is padded; ids by another tokenizer.</summary>
    private static float[][] OnnxRuntimes(int maxTokens)
    {
        var tokenizer = new FastBertTokenizer.BertTokenizer();
        using (var vocabulary = new StreamReader(Path.Combine(MiniLm.Folder, "vocab.txt")))
        {
            tokenizer.LoadVocabulary(vocabulary, convertInputToLowercase: true);
        }

        using var session = new InferenceSession(Path.Combine(MiniLm.Folder, "model.onnx"));
        return Array.ConvertAll(Texts, text =>
        {
            // It throws on half a surrogate pair, which ours reads as U+FFFD and WordPiece drops.
            long[] ids = tokenizer.Encode(text.Replace("\ud800", "\ufffd"), maxTokens).InputIds.ToArray();
            int[] shape = [1, ids.Length];
            var inputs = new List<NamedOnnxValue>
            {
                NamedOnnxValue.CreateFromTensor("input_ids", new DenseTensor<long>(ids, shape)),
                NamedOnnxValue.CreateFromTensor("attention_mask", new DenseTensor<long>(ids.Select(_ => 1L).ToArray(), shape)),
                NamedOnnxValue.CreateFromTensor("token_type_ids", new DenseTensor<long>(new long[ids.Length], shape)),
            };
            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(inputs);
            Tensor<float> hidden = outputs[0].AsTensor<float>();
            return Enumerable.Range(0, 384).Select(
                i => (float)Enumerable.Range(0, ids.Length).Average(t => (double)hidden[0, t, i])).ToArray();
        });
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";
    }
}
