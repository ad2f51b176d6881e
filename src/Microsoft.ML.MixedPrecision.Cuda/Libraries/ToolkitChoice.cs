namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>Which major versions of CUDA's libraries a driver and a card can use.</summary>
/// <remarks>
/// CUDA 13 needs driver 580 and compute capability 7.5 or later, CUDA 12 a driver of 525 and 5.0; a newer driver runs older libraries
/// (https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/, table 2; https://docs.nvidia.com/deploy/cuda-compatibility/).
/// </remarks>
internal static class ToolkitChoice
{
    /// <summary>The oldest driver that serves, as <c>cuDriverGetVersion</c> counts: CUDA 12.0.</summary>
    public const int OldestDriver = 12000;

    /// <summary>The oldest compute capability that serves, times 10: CUDA 12 has no older ones.</summary>
    public const int OldestCapability = 50;

    /// <summary>The driver that CUDA 13 needs.</summary>
    private const int Driver13 = 13000;

    /// <summary>The compute capability, times 10, that CUDA 13 needs.</summary>
    private const int Capability13 = 75;

    /// <summary>The versions that may be used, the best first; none where driver or card are too old.</summary>
    /// <param name="driverVersion">As <c>cuDriverGetVersion</c> counts: 1000 × major + 10 × minor.</param>
    /// <param name="capability">The lowest compute capability of the cards to be used, times 10: one version serves all of them.</param>
    public static IReadOnlyList<int> Majors(int driverVersion, int capability) => (driverVersion, capability) switch
    {
        ( < OldestDriver, _) or (_, < OldestCapability) => [],
        ( >= Driver13, >= Capability13) => [13, 12],
        _ => [12],
    };
}
