using System.Collections;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.MixedPrecision;

namespace CheckpointApp;

/// <summary>What came of a training, as text that two runs can be compared by: every bit of the model, every figure of every step, no
/// times.</summary>
internal static class Outcome
{
    private static readonly string[] Times = ["RowsPerSecond", "Timings", "Environment"];

    /// <summary>Model and history.</summary>
    public static string Text(MLContext mlContext, NetworkBinaryTransformer model)
    {
        var text = new StringBuilder();
        TrainingResult training = model.Training!;
        Append(text, training, "");
        foreach ((string name, string hash) in Entries(mlContext, model))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{name} {hash}");
        }

        return text.ToString();
    }

    /// <summary>The entries of the saved model, which holds each weight; but not its history, which has times.</summary>
    private static IEnumerable<(string Name, string Hash)> Entries(MLContext mlContext, NetworkBinaryTransformer model)
    {
        using var stream = new MemoryStream();
        mlContext.Model.Save(model, inputSchema: null, stream);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
        foreach (ZipArchiveEntry entry in archive.Entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            using Stream contents = entry.Open();
            yield return (entry.FullName, Convert.ToHexString(SHA256.HashData(contents)));
        }
    }

    private static void Append(StringBuilder text, object? value, string path)
    {
        switch (value)
        {
            case null or string or IFormattable or bool or PrecisionPolicy:
                text.AppendLine(CultureInfo.InvariantCulture, $"{path} {value}");
                break;
            case IEnumerable list:
                int i = 0;
                foreach (object? item in list)
                {
                    Append(text, item, $"{path}[{i++}]");
                }

                break;
            default:
                foreach (
                    System.Reflection.PropertyInfo property in value.GetType()
                        .GetProperties()
                        .Where(property => !Times.Contains(property.Name)))
                {
                    Append(text, property.GetValue(value), $"{path}.{property.Name}");
                }

                break;
        }
    }
}
