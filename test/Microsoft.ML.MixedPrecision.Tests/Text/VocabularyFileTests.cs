using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>Vocabularies as others write them.</summary>
[TestClass]
public sealed class VocabularyFileTests
{
    private const string Bert = """
        {"added_tokens":[{"id":6,"content":"[MASK]","special":true}],
         "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
         "pre_tokenizer":{"type":"BertPreTokenizer"},
         "post_processor":{"type":"TemplateProcessing",
          "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
           {"SpecialToken":{"id":"[SEP]","type_id":0}}],
          "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
           {"SpecialToken":{"id":"[SEP]","type_id":0}},
           {"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}]},
         "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":4,
          "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"the":4,"cafe":5,"##s":8}}}
        """;

    private const string Roberta = """
        {"added_tokens":[{"id":9,"content":"<mask>","special":true}],"normalizer":null,
         "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true},
         "post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0],"trim_offsets":true,"add_prefix_space":false},
         "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,
          "vocab":{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"t":4,"h":5,"e":6,"th":7,"Ġ":8,"the":10},
          "merges":["t h","th e"]}}
        """;

    [TestMethod]
    public void File_BertsVocabulary_IsReadByLines()
    {
        using var folder = new TemporaryFolder();
        Tokenizer tokenizer = Read(folder, "any.name", "[PAD]\r\nthe\r\n[UNK]\n\n[CLS]\r[SEP]\n##s\nℝ\ncafe");

        CollectionAssert.AreEqual(
            new[] { "[PAD]", "the", "[UNK]", "", "[CLS]", "[SEP]", "##s", "ℝ", "cafe" },
            tokenizer.Spec.Tokens.ToArray());
        Assert.AreEqual(new SpecialTokens(0, 2, 4, 5, null), tokenizer.Special);
        Assert.AreEqual("the cafe ##s", tokenizer.Tokens("THE Cafés"), "of lower case: nothing but ℝ and names is not");
        Assert.AreEqual(SequenceForm.Bert, tokenizer.Spec.Form);
    }

    [TestMethod]
    public void File_CasedVocabulary_IsReadCased()
    {
        using var folder = new TemporaryFolder();

        Assert.AreEqual("The [UNK] é", Read(folder, "vocab.txt", "[UNK]\nThe\né\n").Tokens("The the é"));
        Assert.AreEqual(SequenceForm.Plain, Read(folder, "vocab.txt", "[UNK]\nThe\n").Spec.Form, "no [CLS] and [SEP]");
    }

    [TestMethod]
    public void File_WithSettingsBesideIt_FollowsThem()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(
            folder.File("tokenizer_config.json"),
            """{"do_lower_case":true,"strip_accents":false,"tokenize_chinese_chars":false}""");

        Assert.AreEqual("the é [UNK]", Read(folder, "vocab.txt", "[UNK]\nthe\né\nThe\n你\n").Tokens("The É 你你"));

        File.WriteAllText(folder.File("tokenizer_config.json"), """{"do_lower_case":false}""");
        Assert.AreEqual("the [UNK] [UNK] 你 你", Read(folder, "vocab.txt", "[UNK]\nthe\n你\n").Tokens("the The É 你你"));
    }

    [TestMethod]
    public void HuggingFace_WordPiece_IsReadWithItsRules()
    {
        using var folder = new TemporaryFolder();
        Tokenizer tokenizer = Read(folder, "tokenizer.json", Bert);

        Assert.AreEqual(9, tokenizer.Count);
        Assert.AreEqual("", tokenizer.Spec.Tokens[7], "an id without a token");
        Assert.AreEqual(new SpecialTokens(0, 1, 2, 3, 6), tokenizer.Special);
        Assert.AreEqual("the [UNK] the", tokenizer.Tokens("The cafés THÉ"), "cafes has 5 letters");
        Assert.AreEqual(SequenceForm.Bert, tokenizer.Spec.Form);

        Tokenizer other = Read(folder, "tokenizer.json", Changed(
            Bert,
            ("\"lowercase\":true", "\"lowercase\":false"),
            ("word\":4", "word\":5"),
            ("\"strip_accents\":null", "\"strip_accents\":true")));
        Assert.AreEqual("[UNK] cafe ##s", other.Tokens("The cafés"));
        Tokenizer bare = Read(folder, "tokenizer.json", Changed(Bert, ("\"normalizer\":{", "\"normalizer\":null,\"was\":{")));
        Assert.AreEqual("[UNK] the", bare.Tokens("t\0he the"));
    }

    [TestMethod]
    public void HuggingFace_BytePairs_AreReadInBothForms()
    {
        using var folder = new TemporaryFolder();
        Tokenizer tokenizer = Read(folder, "tokenizer.json", Roberta);

        Assert.AreEqual("the Ġ the", tokenizer.Tokens("the the"));
        Assert.AreEqual(new SpecialTokens(1, null, 0, 2, 9), tokenizer.Special);
        Assert.AreEqual(SequenceForm.Roberta, tokenizer.Spec.Form);
        Assert.AreEqual("the", Read(folder, "tokenizer.json", Changed(
            Roberta,
            ("\"t h\",\"th e\"", "[\"t\",\"h\"],[\"th\",\"e\"]"),
            ("\"type\":\"BPE\",", ""))).Tokens("the"));
        Assert.AreEqual("Ġ the", Read(folder, "tokenizer.json", Changed(
            Roberta,
            ("\"add_prefix_space\":false,\"trim_offsets\"", "\"add_prefix_space\":true,\"trim_offsets\""))).Tokens("the"));
    }

    [TestMethod]
    [DataRow("\"type\":\"RobertaProcessing\"", "\"type\":\"BertProcessing\"", "Bert")]
    [DataRow("\"type\":\"RobertaProcessing\"", "\"type\":\"ByteLevel\"", "Plain")]
    [DataRow("\"post_processor\":{", "\"post_processor\":null,\"was\":{", "Plain")]
    public void HuggingFace_RowsOfEachForm_AreRead(string from, string to, string form)
    {
        using var folder = new TemporaryFolder();

        Assert.AreEqual(form, Read(folder, "tokenizer.json", Changed(Roberta, (from, to))).Spec.Form.ToString());
    }

    [TestMethod]
    public void HuggingFace_TemplateOfRobertasRows_IsRead()
    {
        using var folder = new TemporaryFolder();
        string json = Changed(
            Bert,
            ("{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}", "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}},"
                + "{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}"));

        Assert.AreEqual(SequenceForm.Roberta, Read(folder, "tokenizer.json", json).Spec.Form);
    }

    [TestMethod]
    public void Folder_OfSeveralFiles_IsReadByTheFullest()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model");
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "vocab.txt"), "[UNK]\nthe\n");
        Assert.AreEqual(TokenizerKind.WordPiece, Load(path).Spec.Kind);

        File.WriteAllText(Path.Combine(path, "vocab.json"), """{"<s>":0,"</s>":1,"t":2,"h":3,"th":4,"#":5,"#h":6}""");
        Assert.AreEqual(TokenizerKind.WordPiece, Load(path).Spec.Kind, "without merges it is nothing");
        File.WriteAllText(Path.Combine(path, "merges.txt"), "#version: 0.2\nt h\n# h\n\n");
        Assert.AreEqual("th t # h", Load(path).Tokens("tht#h"));
        CollectionAssert.AreEqual(new[] { "t h", "# h" }, Load(path).Spec.Merges.ToArray(), "only the version is no merge");
        Assert.AreEqual(SequenceForm.Roberta, Load(path).Spec.Form);
        Assert.IsFalse(Load(path).Spec.AddSpace);
        File.WriteAllText(Path.Combine(path, "tokenizer_config.json"), """{"add_prefix_space":true}""");
        Assert.IsTrue(Load(path).Spec.AddSpace);

        File.WriteAllText(Path.Combine(path, "tokenizer.json"), Bert);
        Assert.AreEqual(9, Load(path).Count);
    }

    [TestMethod]
    [DataRow("the\ncat\n", "none of its 2 lines is [UNK]")]
    [DataRow("", "none of its 0 lines is [UNK]")]
    [DataRow("#version: 0.2\nt h\n", "none of its 2 lines is [UNK]")]
    [DataRow("{\"t\":", "is no JSON")]
    [DataRow("{\"t\":0,\"h\":1}", "it has no model with a vocab")]
    [DataRow("{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}", "it has no model with a vocab")]
    [DataRow("{\"model\":{\"type\":\"WordLevel\",\"vocab\":{}}}", "its model is 'WordLevel'")]
    [DataRow("{\"model\":{\"vocab\":{\"a\":-1}}}", "the id of 'a' is '-1'")]
    [DataRow("{\"model\":{\"vocab\":{\"a\":10000000}}}", "the id of 'a' is '10000000'")]
    [DataRow("{\"model\":{\"vocab\":{\"a\":\"1\"}}}", "the id of 'a' is '1'")]
    [DataRow("{\"model\":{\"vocab\":{}},\"added_tokens\":[{\"id\":1}]}", "lacks its content")]
    public void File_OfAnotherKind_IsRefusedWithWhatIsAllowed(string text, string fault)
    {
        using var folder = new TemporaryFolder();

        AssertRefused(() => Read(folder, "some.file", text), fault, folder.File("some.file"));
    }

    [TestMethod]
    [DataRow("BertPreTokenizer", "Whitespace", "its pre_tokenizer is 'Whitespace'")]
    [DataRow("\"pre_tokenizer\":{", "\"pre_tokenizer\":null,\"was\":{", "its pre_tokenizer is none")]
    [DataRow("BertNormalizer", "NFC", "its normalizer is 'NFC'")]
    [DataRow("TemplateProcessing", "Sequence", "its post_processor is 'Sequence'")]
    [DataRow("\"B\",\"type_id\":1", "\"B\",\"type_id\":7", "of pairs cA0sB7s")]
    [DataRow("word\":4", "word\":\"x\"", "the id of 'max_input_chars_per_word' is 'x'")]
    public void HuggingFace_OtherWordPiece_IsRefused(string from, string to, string fault)
    {
        using var folder = new TemporaryFolder();

        AssertRefused(() => Read(folder, "tokenizer.json", Changed(Bert, (from, to))), fault, "tokenizer.json");
    }

    [TestMethod]
    [DataRow("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}", "its normalizer is 'NFC'")]
    [DataRow("\"trim_offsets\":true}", "\"use_regex\":false}", "its use_regex is not as GPT-2")]
    [DataRow("\"end_of_word_suffix\":\"\"", "\"end_of_word_suffix\":\"</w>\"", "its end_of_word_suffix is not as GPT-2")]
    [DataRow("\"fuse_unk\":false", "\"byte_fallback\":true", "its byte_fallback is not as GPT-2")]
    [DataRow("\"fuse_unk\":false", "\"ignore_merges\":true", "its ignore_merges is not as GPT-2")]
    [DataRow("[\"t h\",\"th e\"]", "7", "its model has no list of merges")]
    [DataRow("\"th e\"", "[\"th\"]", "is not two tokens")]
    [DataRow("[\"<s>\",0]", "[\"<x>\",0]", "'<x>' and '</s>' of its post_processor are not both tokens")]
    public void HuggingFace_OtherBytePairs_AreRefused(string from, string to, string fault)
    {
        using var folder = new TemporaryFolder();

        AssertRefused(() => Read(folder, "tokenizer.json", Changed(Roberta, (from, to))), fault, "tokenizer.json");
    }

    [TestMethod]
    public void Path_ToNothing_IsRefusedWithWhatIsAllowed()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("empty"));

        Assert.Contains("merges.txt", Assert.ThrowsExactly<FileNotFoundException>(() => Load(folder.File("none"))).Message);
        AssertRefused(() => Load(folder.File("empty")), "holds no vocabulary", "empty");
    }

    private static Tokenizer Load(string path) => TestTokenizers.Train(TextTokenizer.FromFile(path), "texts are not looked at");

    private static Tokenizer Read(TemporaryFolder folder, string name, string text)
    {
        File.WriteAllText(folder.File(name), text);
        return Load(folder.File(name));
    }

    private static string Changed(string json, params (string From, string To)[] changes)
    {
        foreach ((string from, string to) in changes)
        {
            Assert.Contains(from, json);
            json = json.Replace(from, to, StringComparison.Ordinal);
        }

        return json;
    }

    private static void AssertRefused(Func<Tokenizer> read, string fault, string file)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(read);
        Assert.Contains(fault, error.Message);
        Assert.Contains(file, error.Message);
        Assert.Contains("tokenizer.json", error.Message);
    }
}
