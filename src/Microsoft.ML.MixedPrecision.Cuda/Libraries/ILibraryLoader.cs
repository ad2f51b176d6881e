namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>Loads native libraries.</summary>
internal interface ILibraryLoader
{
    /// <summary>Loads a library.</summary>
    /// <param name="candidate">A path, or a file's name alone, which the system's loader searches itself.</param>
    /// <param name="handle">Its handle; 0 on failure.</param>
    /// <returns>Why it failed; null on success.</returns>
    string? Load(string candidate, out nint handle);

    /// <summary>Gives a library back.</summary>
    /// <param name="handle">Its handle.</param>
    void Free(nint handle);
}
