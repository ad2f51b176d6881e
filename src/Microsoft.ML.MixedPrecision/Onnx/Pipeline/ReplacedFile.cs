namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Writes a file beside its destination and renames it: the destination is the old file or the whole new one.</summary>
internal static class ReplacedFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">The destination.</param>
    /// <param name="write">Writes the contents; if it throws, the destination is as it was.</param>
    public static void Write(string path, Action<Stream> write)
    {
        string beside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
                write(stream);
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
