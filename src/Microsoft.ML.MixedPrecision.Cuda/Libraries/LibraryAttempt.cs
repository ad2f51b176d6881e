namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>One attempt to load a library.</summary>
/// <param name="Candidate">A path, or a file's name alone for the places that the loader searches itself.</param>
/// <param name="Problem">Why it failed; null where it did not.</param>
internal readonly record struct LibraryAttempt(string Candidate, string? Problem);
