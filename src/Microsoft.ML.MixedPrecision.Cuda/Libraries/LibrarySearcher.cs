namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>Tries the places of a library one after the other.</summary>
/// <param name="environment">The machine.</param>
/// <param name="loader">What loads files.</param>
internal sealed class LibrarySearcher(SearchEnvironment environment, ILibraryLoader loader)
{
    /// <summary>The problem of a path where no file is.</summary>
    public const string NoSuchFile = "no such file";

    /// <summary>Loads a library from the first place that has it.</summary>
    /// <param name="library">The library.</param>
    /// <param name="major">CUDA's major version; of no use for the driver.</param>
    public LibrarySearch Find(NativeLibraryKind library, int major = 0)
    {
        string file = LibraryNames.File(library, major, environment.IsWindows);
        var attempts = new List<LibraryAttempt>();
        foreach (string place in LibraryPlaces.Of(library, major, environment))
        {
            string candidate = place == LibraryPlaces.Loader ? file : environment.Join(place, file);
            string? problem = Try(candidate, isPath: candidate != file, out nint handle);
            attempts.Add(new(candidate, problem));
            if (handle != 0)
            {
                return new(library, file, handle, attempts);
            }
        }

        return new(library, file, 0, attempts);
    }

    /// <summary>
    /// Loads the libraries of the first major version that has them all. Where none has, what was tried for every version is returned, with
    /// nothing left loaded.
    /// </summary>
    /// <param name="majors">Versions that may be used, the best first.</param>
    public ToolkitSearch FindToolkit(IReadOnlyList<int> majors)
    {
        var failed = new List<LibrarySearch>();
        foreach (int major in majors)
        {
            LibrarySearch[] found = [Find(NativeLibraryKind.Nvrtc, major), Find(NativeLibraryKind.CublasLt, major)];
            if (found.All(search => search.Found))
            {
                return new(major, found, failed);
            }

            foreach (LibrarySearch search in found.Where(search => search.Found))
            {
                loader.Free(search.Handle);
            }

            failed.AddRange(found);
        }

        return new(null, [], failed);
    }

    private string? Try(string candidate, bool isPath, out nint handle)
    {
        handle = 0;
        return isPath && !environment.FileExists(candidate) ? NoSuchFile : loader.Load(candidate, out handle);
    }
}
