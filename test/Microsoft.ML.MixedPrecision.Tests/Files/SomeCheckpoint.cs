using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Tests.Files;

/// <summary>Checkpoints for tests of files.</summary>
internal static class SomeCheckpoint
{
    /// <summary>Texts and tensors of several formats, some empty, and numbers that only bits tell apart.</summary>
    public static CheckpointContents Contents(int number = 7) => new(
        new Dictionary<string, string> { ["run"] = $$"""{"Attempts":{{number}},"Name":"Überlauf ∞"}""", ["empty"] = "" },
        [
            new CheckpointTensor(
                "weight/hidden.0.weight",
                "F32",
                [2, 3],
                Bytes(1f, -0f, float.NaN, float.NegativeInfinity, 1e-42f, number)),
            new CheckpointTensor("cache", "U8", [3], [1, 2, 255]),
            new CheckpointTensor("nothing", "BF16", [0, 4], []),
            new CheckpointTensor("single", "F64", [], BitConverter.GetBytes(Math.PI)),
        ]);

    /// <summary>Everything of a checkpoint as text, so that two can be compared.</summary>
    public static string Text(CheckpointContents contents) => string.Join(
        '\n',
        [
            .. contents.Texts.OrderBy(text => text.Key, StringComparer.Ordinal).Select(text => $"{text.Key}: {text.Value}"),
            .. contents.Tensors.Select(tensor => $"{tensor.Name}: {tensor.DType} [{string.Join(",", tensor.Shape)}] "
                + $"{Convert.ToHexString(tensor.Bytes)}"),
        ]);

    private static byte[] Bytes(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
