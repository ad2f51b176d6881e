using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>The name of a checkpoint's file, <c>checkpoint-000000001200.safetensors</c>, or <c>finished-…</c> of a run that has ended;
/// names of one kind sort by age.</summary>
/// <param name="Attempts">Steps attempted before it.</param>
/// <param name="IsFinished">Whether the run had ended.</param>
internal readonly record struct CheckpointName(long Attempts, bool IsFinished)
{
    private const string Running = "checkpoint-";
    private const string Finished = "finished-";
    private const string Extension = ".safetensors";

    /// <summary>What a file's name says.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null for another file.</returns>
    public static CheckpointName? Of(string path)
    {
        string name = Path.GetFileName(path);
        bool isFinished = name.StartsWith(Finished, StringComparison.Ordinal);
        string prefix = isFinished ? Finished : Running;
        return name.Length > prefix.Length + Extension.Length
            && name.StartsWith(prefix, StringComparison.Ordinal)
            && name.EndsWith(Extension, StringComparison.Ordinal)
            && long.TryParse(
                name.AsSpan(prefix.Length, name.Length - prefix.Length - Extension.Length),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out long attempts)
                ? new CheckpointName(attempts, isFinished)
                : null;
    }

    /// <summary>The checkpoints of a folder, the newest first.</summary>
    /// <param name="folder">The folder.</param>
    public static IReadOnlyList<string> In(string folder)
        => [.. from path in Directory.EnumerateFiles(folder)
               let name = Of(path)
               where name is not null
               orderby name.Value.Attempts descending, name.Value.IsFinished descending
               select path];

    /// <inheritdoc/>
    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"{(IsFinished ? Finished : Running)}{Attempts:D12}{Extension}");
}
