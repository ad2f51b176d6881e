using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests;

/// <summary>The card that tests run on.</summary>
internal static class Gpu
{
    /// <summary>The category of tests that need a card.</summary>
    public const string Category = "Gpu";

    /// <summary>Set to 1 on machines with a card, so that a test there cannot be skipped unnoticed.</summary>
    private const string RequireVariable = "MIXEDPRECISION_REQUIRE_CUDA";

    private static int _told;

    /// <summary>The first card's context, current on this thread. Without a card the test is skipped, or fails where a card is
    /// required.</summary>
    public static CudaContext Open()
    {
        string? problem = CudaInstallation.Current.Problem;
        if (problem is not null && Environment.GetEnvironmentVariable(RequireVariable) == "1")
        {
            Assert.Fail($"{RequireVariable} is 1, but: {problem}");
        }

        if (problem is not null)
        {
            // Thousands of tests are skipped so: the whole text once.
            Assert.Inconclusive(Interlocked.Exchange(ref _told, 1) == 0 ? problem : "No CUDA here: the first skipped test says why.");
        }

        var context = new CudaContext(0);
        context.MakeCurrent();
        return context;
    }
}
