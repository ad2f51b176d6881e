using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Tests.Pretrained;

/// <summary>A folder of Golden/record_encoders.py: a small random encoder, and what PyTorch makes of rows of ids.</summary>
/// <param name="Name">The folder.</param>
internal sealed record EncoderCase(string Name)
{
    public static IReadOnlyList<string> Names { get; } = ["bert", "bert-bf16", "roberta", "distilbert"];

    public string Folder => Path.Combine(AppContext.BaseDirectory, "Pretrained", "Golden", Name);

    public int[][] Rows => Read<int[][]>("rows");

    public double[][] Mean => Read<double[][]>("mean");

    public double[][] First => Read<double[][]>("first");

    /// <summary>Empty where there is no pooler.</summary>
    public double[][] Pooler => Read<double[][]>("pooler");

    /// <summary>A copy of the folder that a test may change.</summary>
    public static void Copy(string name, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(new EncoderCase(name).Folder))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }

    private T Read<T>(string part)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json")));
        return json.RootElement.GetProperty(part).Deserialize<T>()!;
    }
}
