using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>Where libraries may lie, the likeliest to be meant first: the application's own, the loader's, the toolkit's,
/// Python's.</summary>
/// <remarks>
/// CUDA 13 moved its Windows libraries from <c>bin</c> to <c>bin\x64</c>, and those of its Python packages from a folder each to
/// <c>nvidia/cu13</c> (https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/).
/// </remarks>
internal static class LibraryPlaces
{
    /// <summary>Stands for the places that the system's loader searches itself, among them <c>LD_LIBRARY_PATH</c> and
    /// <c>PATH</c>.</summary>
    public const string Loader = "";

    /// <summary>The folders to search, in order, none twice.</summary>
    /// <param name="library">The library.</param>
    /// <param name="major">CUDA's major version; of no use for the driver.</param>
    /// <param name="environment">The machine.</param>
    public static IReadOnlyList<string> Of(NativeLibraryKind library, int major, SearchEnvironment environment)
    {
        IEnumerable<string> places = (library, environment.IsWindows) switch
        {
            (NativeLibraryKind.Driver, true) => [Loader],
            (NativeLibraryKind.Driver, false) => [Loader, "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64"],
            (NativeLibraryKind.Nvrtc or NativeLibraryKind.CublasLt, true) => [
                .. Application(environment, "win"),
                Loader,
                .. Windows(major, environment)],
            (NativeLibraryKind.Nvrtc or NativeLibraryKind.CublasLt, false) => [
                .. Application(environment, "linux"),
                Loader,
                .. Linux(library, major, environment)],
            _ => throw LibraryNames.Unknown(library),
        };
        return [.. places.Distinct(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Application(SearchEnvironment environment, string system)
        => [
            environment.ApplicationFolder,
            environment.Join(environment.ApplicationFolder, "runtimes", $"{system}-{environment.Architecture}", "native")];

    private static IEnumerable<string> Toolkits(SearchEnvironment environment)
        => Set(environment, "CUDA_PATH").Concat(Set(environment, "CUDA_HOME"));

    private static IEnumerable<string> Windows(int major, SearchEnvironment environment)
    {
        IEnumerable<string> installed = Set(environment, "ProgramFiles").SelectMany(programs
            => environment.Folders(environment.Join(programs, "NVIDIA GPU Computing Toolkit", "CUDA"), Numbered("v", major)));
        foreach (string toolkit in Toolkits(environment).Concat(installed))
        {
            yield return environment.Join(toolkit, "bin", "x64");
            yield return environment.Join(toolkit, "bin");
        }
    }

    private static IEnumerable<string> Linux(NativeLibraryKind library, int major, SearchEnvironment environment)
    {
        string[] usual = [.. environment.Folders("/usr/local", Numbered("cuda-", major)), "/usr/local/cuda", "/opt/cuda"];
        foreach (string toolkit in Toolkits(environment).Concat(usual))
        {
            yield return environment.Join(toolkit, "lib64");
        }

        foreach (string conda in Set(environment, "CONDA_PREFIX"))
        {
            yield return environment.Join(conda, "lib");
        }

        string package = major >= 13
            ? string.Create(CultureInfo.InvariantCulture, $"cu{major}")
            : library == NativeLibraryKind.Nvrtc
            ? "cuda_nvrtc"
            : "cublas";
        foreach (string python in Set(environment, "VIRTUAL_ENV").SelectMany(
            folder => environment.Folders(environment.Join(folder, "lib"), "python3*")))
        {
            yield return environment.Join(python, "site-packages", "nvidia", package, "lib");
        }
    }

    private static string Numbered(string prefix, int major) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{major}*");

    private static IEnumerable<string> Set(SearchEnvironment environment, string variable)
        => environment.Variable(variable) is { Length: > 0 } value ? [value] : [];
}
