using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>The kernels that the library has in it.</summary>
internal static class EmbeddedKernels
{
    /// <summary>Names of their sources, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(KernelSource)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".cu", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}
