namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>How the search for the toolkit's libraries went. Immutable.</summary>
/// <param name="Major">CUDA's major version that they are all of; null where no version has them all.</param>
/// <param name="Libraries">NVRTC and cuBLASLt, loaded; empty where no version has both.</param>
/// <param name="Failed">Searches for versions that were not complete; their handles are no longer valid.</param>
internal sealed record ToolkitSearch(int? Major, IReadOnlyList<LibrarySearch> Libraries, IReadOnlyList<LibrarySearch> Failed);
