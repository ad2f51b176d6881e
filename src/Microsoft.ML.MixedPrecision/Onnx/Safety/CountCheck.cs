using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Checks options that count rows and threads.</summary>
internal static class CountCheck
{
    /// <summary>Most threads, as for trainers: each takes memory, and no machine has more cores for one model.</summary>
    private const int MaxThreads = 1024;

    /// <summary>Checks the rows of a batch.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="name">The option.</param>
    /// <exception cref="ArgumentOutOfRangeException">They are below 1.</exception>
    public static void RequireRows(int rows, string name)
    {
        if (rows < 1)
        {
            throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture,
                $"{name} is {rows}; it must be at least 1, by default 1024."));
        }
    }

    /// <summary>Checks a number of threads.</summary>
    /// <param name="threads">The number; null for all cores.</param>
    /// <param name="name">The option.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 or above 1024.</exception>
    public static void RequireThreads(int? threads, string name)
    {
        if (threads is < 1 or > MaxThreads)
        {
            throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture,
                $"{name} is {threads}; it must be 1 to {MaxThreads}, or null for all cores."));
        }
    }
}
