using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>Tells a run's folder from those of others, by their manifests.</summary>
internal static class OtherRuns
{
    /// <summary>Says how the newest run of a folder differs from one that is about to begin: a warning if that had not ended, since
    /// somebody may have meant to go on with it.</summary>
    /// <param name="folder">The folder that the runs share.</param>
    /// <param name="run">The run.</param>
    /// <param name="log">Told.</param>
    public static void Tell(string folder, RunIdentity run, FitLog log)
    {
        string? newest = !Directory.Exists(folder)
            ? null
            : (from path in Directory.EnumerateDirectories(folder)
               let files = CheckpointName.In(path)
               where files.Count > 0 && File.Exists(Path.Combine(path, RunIdentity.FileName))
               orderby File.GetLastWriteTimeUtc(files[0]) descending
               select path).FirstOrDefault();
        if (newest is null)
        {
            return;
        }

        bool hasEnded = CheckpointName.Of(CheckpointName.In(newest)[0])!.Value.IsFinished;
        string text = $"Training begins anew: no checkpoint in '{folder}' is of this run. The newest, of '{Path.GetFileName(newest)}', "
            + $"is of another: {Differences(newest, run)}.";
        (hasEnded ? log.Info : log.Warn)(text);
    }

    /// <summary>Writes a run's manifest into its folder, or checks the one that is there.</summary>
    /// <param name="path">The folder of the run.</param>
    /// <param name="run">The run.</param>
    /// <exception cref="InvalidDataException">The folder is another run's, or its manifest is damaged.</exception>
    public static void Claim(string path, RunIdentity run)
    {
        string manifest = Path.Combine(path, RunIdentity.FileName);
        if (!File.Exists(manifest))
        {
            ReplacedFile.WriteDurably(manifest, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(run.ToJson())));
        }
        else if (Differences(path, run) is { Length: > 0 } differences)
        {
            throw new InvalidDataException($"The folder '{path}' is not this run's, as '{RunIdentity.FileName}' in it says: "
                + $"{differences}. Set another Checkpoint.Folder, or delete that one.");
        }
    }

    private static string Differences(string path, RunIdentity run)
    {
        try
        {
            return string.Join("; ", run.Differences(RunIdentity.Parse(File.ReadAllText(Path.Combine(path, RunIdentity.FileName)))));
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return $"its manifest cannot be read ({e.Message})";
        }
    }
}
