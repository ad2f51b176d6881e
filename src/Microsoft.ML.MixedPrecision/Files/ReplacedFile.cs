namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>Writes a file beside its destination and renames it: the destination is the old file or the whole new one.</summary>
internal static class ReplacedFile
{
    /// <summary>How the name of a file ends that is being written, or whose writer was killed.</summary>
    public const string Unfinished = ".tmp";

    /// <summary>Writes a file.</summary>
    /// <param name="path">The destination.</param>
    /// <param name="write">Writes the contents; if it throws, the destination is as it was.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the destination cannot be written to.</exception>
    /// <exception cref="IOException">The disk is full, or something else went wrong with it.</exception>
    public static void Write(string path, Action<Stream> write) => Write(path, write, static _ => { }, static _ => { });

    /// <summary>
    /// Writes a file so that it also survives the machine's end: its bytes are on the disk before it gets its name, and the name is before
    /// this returns.
    /// </summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void WriteDurably(string path, Action<Stream> write)
        => Write(path, write, static stream => stream.Flush(flushToDisk: true), FolderSync.Run);

    private static void Write(string path, Action<Stream> write, Action<FileStream> written, Action<string> renamed)
    {
        string destination = Path.GetFullPath(path), beside = $"{destination}.{Guid.NewGuid():N}{Unfinished}";
        RequireFolder(destination);
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                written(stream);
            }

            File.Move(beside, destination, overwrite: true);
            renamed(Path.GetDirectoryName(destination)!);
        }
        catch (Exception exception)
        {
            Delete(beside);
            if (Explained(exception, destination) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>Checks that the folder of a file exists, before anything else is done for it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DirectoryNotFoundException">It does not.</exception>
    public static void RequireFolder(string path)
    {
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"The folder '{folder}' does not exist; make it, or choose another one.");
        }
    }

    /// <summary>The same error with the name of the destination, which is what the caller knows, and what to do.</summary>
    private static Exception? Explained(Exception exception, string path) => exception switch
    {
        UnauthorizedAccessException => new UnauthorizedAccessException($"The file '{path}' cannot be written: its folder must exist "
            + $"and be writable, and no folder may have its name. Allow writing there, or choose another folder.", exception),
        IOException => new IOException($"The file '{path}' cannot be written: {Reason(exception)}. Free space or look after that disk, "
            + $"or choose another folder.", exception)
        { HResult = exception.HResult },
        _ => null,
    };

    /// <summary>What the system said, without the name of the file beside, which it puts last.</summary>
    private static string Reason(Exception exception) => exception.Message.Split(" : '")[0].TrimEnd('.');

    /// <summary>Does not hide why writing failed: a file in a folder that cannot be written to is not there either.</summary>
    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }
}
