using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>
/// The checkpoints of one run: the last few files (<see cref="CheckpointName"/>), and a lock that the run holds until <see cref="Dispose"/>
/// or the end
/// of its process, however that comes.
/// </summary>
internal sealed class CheckpointFolder : IDisposable
{
    private const string LockName = "lock";
    private const string Aside = "earlier-";

    private readonly int _keep;
    private readonly FileStream _lock;

    /// <summary>Makes the folder if need be, locks it, and removes what killed writers left.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="keep">Files to keep; at least 1.</param>
    /// <exception cref="IOException">Another run holds it, or it cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written to.</exception>
    public CheckpointFolder(string path, int keep)
    {
        Path = System.IO.Path.GetFullPath(path);
        _keep = keep;
        Directory.CreateDirectory(Path);
        _lock = Lock(Path);
        foreach (string unfinished in Directory.GetFiles(Path, $"*{ReplacedFile.Unfinished}"))
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The newest checkpoint of a folder that can be read.</summary>
    /// <typeparam name="T">What it is read as.</typeparam>
    /// <param name="folder">The folder; a run may be writing to it.</param>
    /// <param name="read">Reads it; throws an <see cref="InvalidDataException"/> where it is not one.</param>
    /// <param name="warn">Told of each newer one that cannot be read.</param>
    /// <returns>Null where there is none at all.</returns>
    /// <exception cref="InvalidDataException">There are some, of which none can be read: a run is not begun anew unasked.</exception>
    public static (string File, T Contents)? TryReadLatest<T>(string folder, Func<CheckpointContents, T> read, Action<string> warn)
    {
        IReadOnlyList<string> files = CheckpointName.In(folder);
        var damaged = new List<Exception>();
        foreach (string file in files)
        {
            try
            {
                var found = (file, read(CheckpointFile.Read(file)));
                damaged.ForEach(error => warn($"{error.Message} The one before it is taken, '{System.IO.Path.GetFileName(file)}'."));
                return found;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                damaged.Add(e);
            }
        }

        return files.Count == 0
            ? null
            : throw new InvalidDataException(
                $"None of the {files.Count} checkpoints in '{folder}' can be read: {damaged[0].Message} To train anew, delete the "
                    + $"folder, or set Resume to false.",
                damaged[0]);
    }

    /// <summary>Adds a checkpoint, and removes those that are too many once it is on the disk.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="contents">What it holds.</param>
    /// <exception cref="IOException">It could not be written; the ones before are as they were.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public void Save(CheckpointName name, CheckpointContents contents)
    {
        CheckpointFile.Write(System.IO.Path.Combine(Path, name.ToString()), contents);
        foreach (string old in CheckpointName.In(Path).Skip(_keep))
        {
            TryDelete(old);
        }
    }

    /// <summary>Moves the checkpoints of a run before into a folder within, <c>earlier-1</c>, <c>earlier-2</c>, …, where no run takes them
    /// up.</summary>
    /// <returns>That folder; null where there was nothing to move.</returns>
    public string? SetAside()
    {
        IReadOnlyList<string> files = CheckpointName.In(Path);
        if (files.Count == 0)
        {
            return null;
        }

        int number = 1;
        while (Directory.Exists(AsidePath(number)))
        {
            number++;
        }

        string aside = Directory.CreateDirectory(AsidePath(number)).FullName;

        // The oldest first: if this is interrupted, the newest is still there to go on from.
        foreach (string file in files.Reverse())
        {
            File.Move(file, System.IO.Path.Combine(aside, System.IO.Path.GetFileName(file)));
        }

        return aside;
    }

    /// <summary>Lets other runs have it. The lock's file stays: removing it would let two runs lock two files of that name.</summary>
    public void Dispose() => _lock.Dispose();

    private string AsidePath(int number) => System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{Aside}{number}"));

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The checkpoints in '{folder}' belong to a run that is still going on, or the folder cannot be "
                + $"locked: {e.Message} Let that run end, or set another Checkpoint.Folder.", e);
        }
    }

    /// <summary>One too many does no harm.</summary>
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
