using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>Brings a folder's list of names to the disk, which on Linux is apart from the files' contents. .NET opens no folders, hence the
/// C library.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;
    private const string Library = "libc";

    /// <summary>Waits for the disk. Does nothing on other systems, and where a file system cannot do it: the file is whole in either
    /// case.</summary>
    /// <param name="folder">The folder.</param>
    public static void Run(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int descriptor = Open(folder, ReadOnly);
        if (descriptor >= 0)
        {
            _ = Synchronize(descriptor);
            _ = Close(descriptor);
        }
    }

    [LibraryImport(Library, EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "fsync")]
    private static partial int Synchronize(int descriptor);

    [LibraryImport(Library, EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
