namespace Microsoft.ML.MixedPrecision.Run;

/// <summary><see cref="EpochPasses"/> between two steps, without the epoch's order, which seed and epoch give.</summary>
/// <param name="Retry">Number of the pass.</param>
/// <param name="Numbers">The steps of a later pass; null in the first, which has all.</param>
/// <param name="Skipped">Those that this pass has skipped.</param>
/// <param name="GivenUp">Those that no later pass will try.</param>
/// <param name="FirstSkipped">Those that the first pass skipped; none while it runs.</param>
/// <param name="Before">Attempts before the pass.</param>
/// <param name="FirstScale">Loss scale of the pass's first attempt.</param>
/// <param name="HasCommitted">Whether the pass has committed a step.</param>
/// <param name="SmallestCommittedScale">As there.</param>
/// <param name="LastScale">As there.</param>
internal sealed record EpochPassesState(
    int Retry,
    int[]? Numbers,
    IReadOnlyList<SkippedStep> Skipped,
    IReadOnlyList<SkippedStep> GivenUp,
    IReadOnlyList<SkippedStep> FirstSkipped,
    long Before,
    float FirstScale,
    bool HasCommitted,
    float SmallestCommittedScale,
    float LastScale);
