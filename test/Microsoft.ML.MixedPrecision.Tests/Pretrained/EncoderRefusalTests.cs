using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Pretrained;

/// <summary>Folders that hold something else than they say: the message names what, and nothing is half read.</summary>
[TestClass]
public sealed class EncoderRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("model_type", "\"gpt2\"", "has model_type 'gpt2'; it must be bert (MiniLM too), roberta or distilbert")]
    [DataRow("hidden_size", "\"16\"", "has hidden_size \"16\"; it must be a whole number of at least 1")]
    [DataRow("num_hidden_layers", "0", "has num_hidden_layers 0; it must be a whole number of at least 1")]
    [DataRow("vocab_size", null, "has vocab_size missing; it must be a whole number of at least 1")]
    [DataRow("num_attention_heads", "3", "has hidden size 16; it must be a multiple of its 3 heads")]
    [DataRow("type_vocab_size", "3", "has type_vocab_size 3; it must be 0, 1 or 2")]
    [DataRow("hidden_act", "\"gelu_fancy\"", "has hidden_act 'gelu_fancy'; it must be gelu, gelu_new")]
    [DataRow("layer_norm_eps", "-1", "has layer_norm_eps -1; it must be a number above 0")]
    [DataRow("position_embedding_type", "\"relative_key\"", "has position_embedding_type 'relative_key'; it must be absolute")]
    public void Open_Config_NamesTheMember(string member, string? value, string message)
    {
        string path = Copy("bert");
        Change(path, config => config[member] = value is null ? null : JsonNode.Parse(value));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => PretrainedEncoder.Open(path)).Message, message);
    }

    [TestMethod]
    [DataRow("num_hidden_layers", 3, "'bert.encoder.layer.2.attention.self.query.weight' is missing")]
    [DataRow("num_hidden_layers", 1, "'encoder.layer.1.attention.output.dense.bias' has no place")]
    [DataRow("intermediate_size", 32, "'bert.encoder.layer.0.intermediate.dense.weight' is [24, 16], not [32, 16]")]
    [DataRow("vocab_size", 24, "'bert.embeddings.word_embeddings.weight' is [23, 16], not [24, 16]")]
    [DataRow("max_position_embeddings", 13, "'bert.embeddings.position_embeddings.weight' is [12, 16], not [13, 16]")]
    public void Fill_TensorsOfAnotherModel_NamesThem(string member, int value, string message)
    {
        string path = Copy("bert");
        Change(path, config => config[member] = value);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Fill(path)).Message, message);
    }

    [TestMethod]
    public void Network_RowsLongerThanThePositions_SaysHowLongTheyMayBe()
        => StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => Fill(new EncoderCase("roberta").Folder, steps: 13)).Message,
            "of up to 12 tokens, and MaxTokens is 13. Set MaxTokens to 12 at most.");

    [TestMethod]
    public void Network_LargerVocabulary_IsRefused()
        => StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => Fill(new EncoderCase("bert").Folder, vocabulary: 24)).Message,
            "are of 23 tokens, and the vocabulary has 24.");

    [TestMethod]
    public void Open_Pickle_IsNotRead()
    {
        string path = Copy("bert");
        File.Move(Path.Combine(path, "model.safetensors"), Path.Combine(path, "pytorch_model.bin"));
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => PretrainedEncoder.Open(path)).Message, "safe_serialization=True");
    }

    [TestMethod]
    [DataRow("config.json")]
    [DataRow("model.safetensors")]
    public void Open_FileMissing_SaysWhich(string file)
    {
        string path = Copy("bert");
        File.Delete(Path.Combine(path, file));
        StringAssert.EndsWith(Assert.ThrowsExactly<FileNotFoundException>(() => PretrainedEncoder.Open(path)).FileName, file);
    }

    [TestMethod]
    public void Open_NoFolder_SaysWhatAFolderHolds()
        => StringAssert.Contains(
            Assert.ThrowsExactly<DirectoryNotFoundException>(() => PretrainedEncoder.Open(_folder.File("nowhere"))).Message,
            "Give a folder with config.json");

    /// <summary>Cut anywhere, or with one bit of the header's length changed.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(7)]
    [DataRow(200)]
    [DataRow(6000)]
    public void Open_CutFile_IsRefused(int bytes)
    {
        string path = Copy("bert"), file = Path.Combine(path, "model.safetensors");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..bytes]);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => Fill(path)).Message, "model.safetensors' is no undamaged safetensors file");
    }

    [TestMethod]
    public void OpenIndex_ShardMissing_SaysWhich()
    {
        string path = Copy("roberta");
        File.Delete(Path.Combine(path, "model-00002-of-00002.safetensors"));
        StringAssert.Contains(
            Assert.ThrowsExactly<FileNotFoundException>(() => PretrainedEncoder.Open(path)).Message, "model-00002-of-00002.safetensors");
    }

    /// <summary>An index may not lead out of its folder.</summary>
    [TestMethod]
    [DataRow("../model.safetensors")]
    [DataRow("/etc/passwd")]
    public void OpenIndex_FileElsewhere_IsRefused(string file)
    {
        string path = Copy("roberta"), index = Path.Combine(path, "model.safetensors.index.json");
        File.WriteAllText(index, File.ReadAllText(index).Replace("model-00002-of-00002.safetensors", file));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => PretrainedEncoder.Open(path)).Message, $"'{file}'");
    }

    [TestMethod]
    public void OpenIndex_TensorElsewhere_IsRefused()
    {
        string path = Copy("roberta"), index = Path.Combine(path, "model.safetensors.index.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(index))!;
        json["weight_map"]!["lm_head.bias"] = "model-00001-of-00002.safetensors";
        File.WriteAllText(index, json.ToJsonString());
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => PretrainedEncoder.Open(path)).Message,
            "'lm_head.bias' is in 'model-00001-of-00002.safetensors', which does not have it");
    }

    [TestMethod]
    public void Fill_WholeNumbersForWeights_SaysWhatIsRead()
    {
        string path = Copy("bert"), file = Path.Combine(path, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(file);
        byte[] header = System.Text.Encoding.UTF8.GetBytes("\"bert.embeddings.word_embeddings.weight\": {\"dtype\": \"F32\"");
        int at = bytes.AsSpan().IndexOf(header) + header.Length - 4;
        "I32"u8.CopyTo(bytes.AsSpan(at));
        File.WriteAllBytes(file, bytes);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => Fill(path)).Message, "is I32; F32, F16, BF16 and F64 are read");
    }

    [TestMethod]
    public void Write_NetworkOfAnotherForm_IsRefused()
    {
        var network = new Network(new Transformer(
            new TokensInput("features", 8, 23), Layers: 1, Width: 8, Heads: 2, Hidden: 16, Outputs: 2).ToSpec());
        StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => EncoderFolder.Write(
                _folder.File("x"), network, VocabularyFile.Read(new EncoderCase("bert").Folder))).Message,
            "has no published form");
        Assert.IsFalse(Directory.Exists(_folder.File("x")));
    }

    private static void Fill(string folder, int steps = 10, int vocabulary = 23)
    {
        var encoder = PretrainedEncoder.Open(folder);
        encoder.Fill(new Network(encoder.Network(new TokensInput("features", steps, vocabulary), 2, 0, Pooling.Mean).ToSpec()));
    }

    private static void Change(string folder, Action<JsonNode> change)
    {
        string path = Path.Combine(folder, "config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    private string Copy(string name)
    {
        string path = _folder.File(name);
        EncoderCase.Copy(name, path);
        return path;
    }
}
