using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda;

/// <summary>
/// Finds the libraries behind this assembly's imports. The runtime binds an import once a process, so what is found here is, too; it
/// never changes afterwards.
/// </summary>
internal static class NativeLibraryResolver
{
    private static readonly Lazy<LibrarySearch> DriverSearch = new(
        () => new LibrarySearcher(SearchEnvironment.Current, new SystemLibraryLoader()).Find(NativeLibraryKind.Driver));

    static NativeLibraryResolver() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraryResolver).Assembly, Resolve);

    /// <summary>How the search for the driver went.</summary>
    public static LibrarySearch Driver => DriverSearch.Value;

    /// <summary>Must run before the first import is called: each class of imports says so in its static constructor.</summary>
    public static void Register()
    {
        // The static constructor above has done it.
    }

    private static nint Resolve(string import, Assembly assembly, DllImportSearchPath? path) => LibraryNames.Parse(import) switch
    {
        null => 0,
        NativeLibraryKind.Driver => Driver.Found ? Driver.Handle : throw new CudaUnavailableException(UnavailableText.NoDriver(Driver)),
        NativeLibraryKind library => CudaInstallation.Current.Require(library),
    };
}
