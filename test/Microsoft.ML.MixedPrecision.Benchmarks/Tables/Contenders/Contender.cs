using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;

/// <summary>Who is compared.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="FillsGaps">Whether missing numbers are replaced by the mean before it; else it gets them as NaN.</param>
/// <param name="Learn">Fits a trainer.</param>
internal sealed record Contender(string Name, bool FillsGaps, Func<Lesson, ITransformer> Learn)
{
    /// <summary>All of them, one line each.</summary>
    public static IReadOnlyList<Contender> All { get; } =
    [
        new("ours", OurTrainer.FillsGaps, lesson => OurTrainer.Learn(lesson, [])),
        new("lightgbm", false, Trees.LightGbm),
        new("fasttree", false, Trees.FastTree),
        new("lightgbm_1000", false, Trees.LightGbmWithManyTrees),
    ];

    /// <summary>The contender that a word of the command line means: a name of <see cref="All"/>, or <c>ours[Option=value;…]</c>.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static Contender Named(string word)
        => OurTrainer.Changes(word) is { } changes
            ? new(word, OurTrainer.FillsGaps, lesson => OurTrainer.Learn(lesson, changes))
            : All.FirstOrDefault(contender => contender.Name == word)
                ?? throw new UsageException($"--contenders {word}: write {string.Join(", ", All.Select(contender => contender.Name))}, or "
                    + "ours[Option=value;Option=value] with options of the trainers, widths of layers as 256x128.");
}
