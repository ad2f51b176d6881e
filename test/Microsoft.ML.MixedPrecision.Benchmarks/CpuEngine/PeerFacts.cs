using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>What computes in a peer, as it says itself in its first line, and whether that is fit to be compared with.</summary>
/// <param name="Version">Of PyTorch.</param>
/// <param name="Python">Version of the interpreter.</param>
/// <param name="Threads">That PyTorch computes with.</param>
/// <param name="Capability">The vector width of PyTorch's own kernels: DEFAULT, AVX2, AVX512 or others.</param>
/// <param name="Blas">Name and version of the BLAS that its FP32 products run on.</param>
/// <param name="BlasThreads"><c>openmp</c>, <c>pthreads</c> or <c>none</c>.</param>
/// <param name="BlasCore">The processor whose kernels that BLAS took.</param>
internal sealed record PeerFacts(
    [property: JsonPropertyName("version")] string Version,
    [property: JsonPropertyName("python")] string Python,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("capability")] string Capability,
    [property: JsonPropertyName("blas")] string Blas,
    [property: JsonPropertyName("blas_threads")] string BlasThreads,
    [property: JsonPropertyName("blas_core")] string BlasCore)
{
    /// <summary>OpenBLAS's names of x64 processors without AVX2: kernels of 128 bits, or of 256 without fused multiply-adds.</summary>
    private static readonly string[] NarrowCores =
    [
        "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Atom", "Core2", "Penryn", "Dunnington", "Nehalem", "Sandybridge",
        "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Bulldozer", "Piledriver", "Steamroller", "Nano",
    ];

    /// <summary>Why nothing may be compared with it, and what to do; null where it is fit.</summary>
    /// <param name="processorHasAvx2">Whether the processor has AVX2.</param>
    /// <param name="threads">Threads that ours computes with.</param>
    /// <param name="waitPolicy">Its <c>OMP_WAIT_POLICY</c>, or null.</param>
    public string? Fault(bool processorHasAvx2, int threads, string? waitPolicy)
    {
        if (Blas.Contains("reference", StringComparison.Ordinal))
        {
            return $"its products run on '{Blas}': install an optimized one, on Debian libopenblas0-openmp.";
        }

        if (Threads != threads)
        {
            return $"it computes with {Threads} threads, ours with {threads}: give both the same processors.";
        }

        if (threads > 1 && BlasThreads == "none")
        {
            return $"{Blas} computes with one thread: install libopenblas0-openmp instead of the serial flavor.";
        }

        if (threads > 1 && BlasThreads == "pthreads" && !string.Equals(waitPolicy, "PASSIVE", StringComparison.OrdinalIgnoreCase))
        {
            return $"{Blas} has threads of its own, against which PyTorch's OpenMP threads spin: set OMP_WAIT_POLICY=PASSIVE or "
                + $"install libopenblas0-openmp.";
        }

        if (processorHasAvx2 && NarrowCores.Contains(BlasCore, StringComparer.OrdinalIgnoreCase))
        {
            return $"{Blas} computes with the kernels of '{BlasCore}', without AVX2, which this processor has: set OPENBLAS_CORETYPE "
                + $"to Haswell or Zen, with AVX-512 to SkylakeX.";
        }

        return processorHasAvx2 && Capability is not ("AVX2" or "AVX512")
            ? $"PyTorch's own kernels run as '{Capability}' on a processor with AVX2: leave ATEN_CPU_CAPABILITY unset."
            : null;
    }
}
