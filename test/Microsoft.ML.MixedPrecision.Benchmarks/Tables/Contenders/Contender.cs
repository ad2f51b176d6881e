using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;

/// <summary>Who is compared.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Preparing">What is done to columns before it.</param>
/// <param name="Learn">Fits a trainer.</param>
internal sealed record Contender(string Name, Preparing Preparing, Func<Lesson, ITransformer> Learn)
{
    private const string Transformer = "ours_transformer";

    /// <summary>All of them, one line each.</summary>
    public static IReadOnlyList<Contender> All { get; } =
    [
        new("ours", new(), lesson => OurTrainer.Learn(lesson, [])),
        new("lightgbm", new(), Trees.LightGbm),
        new("fasttree", new(), Trees.FastTree),
        new("lightgbm_1000", new(), Trees.LightGbmWithManyTrees),
        new(Transformer, OurTrainer.BeforeTransformer, lesson => OurTrainer.LearnTransformer(lesson, [])),
    ];

    /// <summary>Those that are measured where nobody names others: not the Transformer, which takes many times as long as all of
    /// them.</summary>
    public static IEnumerable<Contender> Usual => All.Where(contender => contender.Name != Transformer);

    /// <summary>The contender that a word of the command line means: a name of <see cref="All"/>, or <c>ours[Option=value;…]</c> or
    /// <c>ours_transformer[Option=value;…]</c>.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static Contender Named(string word)
        => OurTrainer.Changes(word) is { } changes
            ? new(word, OurTrainer.PreparingOf(changes, new()), lesson => OurTrainer.Learn(lesson, changes))
            : OurTrainer.Changes(word, Transformer, typeof(TabularTransformerMulticlassTrainer.Options)) is { } others
            ? new(word, OurTrainer.PreparingOf(others, OurTrainer.BeforeTransformer), lesson => OurTrainer.LearnTransformer(lesson, others))
            : All.FirstOrDefault(contender => contender.Name == word)
                ?? throw new UsageException($"--contenders {word}: write {string.Join(", ", All.Select(contender => contender.Name))}, or "
                    + "ours[Option=value;Option=value] or ours_transformer[Option=value] with options of the trainers, widths of layers "
                    + "as 256x128, FillsGaps=true for means instead of gaps, KeysAbove=8 for keys instead of one-hot columns of more than "
                    + "8 slots.");
}
