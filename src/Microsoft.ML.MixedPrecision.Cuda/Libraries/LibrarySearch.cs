namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>How the search for one library went. Immutable.</summary>
/// <param name="Library">The library.</param>
/// <param name="FileName">The file's name that was looked for.</param>
/// <param name="Handle">The loader's handle; 0 where it was not found.</param>
/// <param name="Attempts">Everything tried, in order; the last one is the one that succeeded, if one did.</param>
internal sealed record LibrarySearch(NativeLibraryKind Library, string FileName, nint Handle, IReadOnlyList<LibraryAttempt> Attempts)
{
    /// <summary>Whether it is loaded.</summary>
    public bool Found => Handle != 0;

    /// <summary>What was tried, as part of a sentence: <c>libnvrtc.so.13 in the loader's places, /app, …</c>, with reasons where a file was
    /// there.</summary>
    public string Describe()
    {
        IEnumerable<string> places = Attempts.Select(attempt => attempt switch
        {
            _ when attempt.Candidate == FileName => $"the loader's own places{Reason(attempt)}",
            _ => attempt.Candidate[..^(FileName.Length + 1)] + Reason(attempt),
        });
        return $"{FileName} in {string.Join(", ", places)}";
    }

    private static string Reason(LibraryAttempt attempt)
        => attempt.Problem is { Length: > 0 } problem && problem != LibrarySearcher.NoSuchFile ? $" ({problem})" : "";
}
