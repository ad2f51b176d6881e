using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>One way to set a peer up. Which is fastest differs by machine and work, so several are measured and its best counts.</summary>
/// <param name="BlasThreads">Flavor of Debian's OpenBLAS: <c>openmp</c> or <c>pthread</c>.</param>
/// <param name="WaitPolicy"><c>OMP_WAIT_POLICY</c>: what waiting OpenMP threads do; null leaves it to the library.</param>
/// <param name="BlasCore"><c>OPENBLAS_CORETYPE</c>, the processor whose kernels OpenBLAS takes; null leaves it to OpenBLAS, which takes SSE
/// for processors that it does not know.</param>
/// <param name="Foreach">AdamW over all parameters at once instead of one after the other.</param>
internal sealed record PeerSetup(string BlasThreads, string? WaitPolicy, string? BlasCore, bool Foreach)
{
    /// <summary>Variables that would configure the peer from outside; none is handed on.</summary>
    private static readonly string[] Foreign = [
        "OPENBLAS_",
        "OMP_",
        "GOMP_",
        "KMP_",
        "MKL_",
        "ATEN_",
        "DNNL_",
        "ONEDNN_",
        "LD_LIBRARY_PATH"];

    /// <summary>Those that are worth measuring on this processor.</summary>
    public static IReadOnlyList<PeerSetup> All { get; } =
    [
        new("openmp", "PASSIVE", WidestCore, Foreach: false),
        new("openmp", null, WidestCore, Foreach: false),
        new("openmp", null, WidestCore, Foreach: true),
        new("pthread", "PASSIVE", WidestCore, Foreach: false),
        .. Avx512F.IsSupported ? new[] { new PeerSetup("openmp", null, "Haswell", Foreach: false) } : [],
    ];

    /// <summary>The kernels with the widest vectors that the processor has.</summary>
    private static string? WidestCore => Avx512F.IsSupported ? "SkylakeX" : Avx2.IsSupported ? "Haswell" : null;

    /// <summary>In a few words.</summary>
    public string Name
        => $"{BlasThreads}, waiting {WaitPolicy?.ToLowerInvariant() ?? "as the library does"}, "
            + $"{BlasCore ?? "core by OpenBLAS"}{(Foreach ? ", foreach" : "")}";

    /// <summary>Sets a process's environment up.</summary>
    public void Apply(IDictionary<string, string?> environment)
    {
        foreach (
            string name in environment.Keys.Where(name => Foreign.Any(start => name.StartsWith(start, StringComparison.Ordinal))).ToArray())
        {
            environment.Remove(name);
        }

        if (BlasFolder is { } folder)
        {
            environment["LD_LIBRARY_PATH"] = folder;
        }

        Set(environment, "OMP_WAIT_POLICY", WaitPolicy);
        Set(environment, "OPENBLAS_CORETYPE", BlasCore);
    }

    /// <summary>Where Debian keeps that flavor, whichever is the system's choice; null elsewhere, where PyTorch brings its own
    /// BLAS.</summary>
    private string? BlasFolder
        => Directory.Exists("/usr/lib")
            ? Directory.EnumerateDirectories("/usr/lib", $"{Triplet}*")
                .Select(folder => Path.Combine(folder, $"openblas-{BlasThreads}"))
                .FirstOrDefault(Directory.Exists)
            : null;

    private static string Triplet => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux" : "x86_64-linux";

    private static void Set(IDictionary<string, string?> environment, string name, string? value)
    {
        if (value is not null)
        {
            environment[name] = value;
        }
    }
}
