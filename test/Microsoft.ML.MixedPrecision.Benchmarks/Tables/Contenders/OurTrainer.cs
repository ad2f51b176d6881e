using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;

/// <summary>Our perceptrons and Transformers on the CPU, with default options or some of them changed.</summary>
internal static class OurTrainer
{
    private const string FillsGaps = nameof(Preparing.FillsGaps), KeysAbove = nameof(Preparing.KeysAbove);

    /// <summary>What is done to columns before a Transformer: all categories stay keys, each of which is one token.</summary>
    public static Preparing BeforeTransformer { get; } = new(KeysAbove: 0);

    /// <summary>Fits the perceptron for what is asked.</summary>
    public static ITransformer Learn(Lesson lesson, IReadOnlyList<(string Option, string Value)> changes)
    {
        MixedPrecisionTrainersCatalog trainers = lesson.ML.MixedPrecision().Trainers;
        IEstimator<ITransformer> trainer = lesson.Question switch
        {
            Question.Binary => trainers.MlpBinary(Changed(Told(new MlpBinaryTrainer.Options(), lesson), changes)),
            Question.Multiclass => trainers.MlpMulticlass(Changed(Told(new MlpMulticlassTrainer.Options(), lesson), changes)),
            _ => trainers.MlpRegression(Changed(Told(new MlpRegressionTrainer.Options(), lesson), changes)),
        };
        return trainer.Fit(lesson.Rows());
    }

    /// <summary>Fits the Transformer for what is asked.</summary>
    public static ITransformer LearnTransformer(Lesson lesson, IReadOnlyList<(string Option, string Value)> changes)
    {
        MixedPrecisionTrainersCatalog trainers = lesson.ML.MixedPrecision().Trainers;
        IEstimator<ITransformer> trainer = lesson.Question switch
        {
            Question.Binary => trainers.TabularTransformerBinary(
                Changed(Told(new TabularTransformerBinaryTrainer.Options(), lesson), changes)),
            Question.Multiclass => trainers.TabularTransformerMulticlass(
                Changed(Told(new TabularTransformerMulticlassTrainer.Options(), lesson), changes)),
            _ => trainers.TabularTransformerRegression(
                Changed(Told(new TabularTransformerRegressionTrainer.Options(), lesson), changes)),
        };
        return trainer.Fit(lesson.Rows());
    }

    /// <summary>What is done to columns before it: of the changes those that are no options.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="usual">What is done where they say nothing.</param>
    public static Preparing PreparingOf(IReadOnlyList<(string Option, string Value)> changes, Preparing usual) => new(
        changes.Any(change => change.Option == FillsGaps && bool.Parse(change.Value)),
        changes.Where(change => change.Option == KeysAbove).Select(change => int.Parse(change.Value, CultureInfo.InvariantCulture))
            .DefaultIfEmpty(usual.KeysAbove).Last());

    /// <summary>The options that <c>ours[Option=value;…]</c> changes; null where the word is no such.</summary>
    /// <exception cref="UsageException">An option has no value, or there is no such option.</exception>
    public static IReadOnlyList<(string Option, string Value)>? Changes(string word)
        => Changes(word, "ours", typeof(MlpMulticlassTrainer.Options));

    /// <summary>The same of another word, and the options of another trainer.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="name">What stands before the bracket.</param>
    /// <param name="options">Options that there are.</param>
    public static IReadOnlyList<(string Option, string Value)>? Changes(string word, string name, Type options)
    {
        if (!word.StartsWith(name + '[', StringComparison.Ordinal) || !word.EndsWith(']'))
        {
            return null;
        }

        var changes = new List<(string, string)>();
        foreach (string change in word[(name.Length + 1)..^1].Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = change.Split('=', 2);
            if (parts.Length < 2
                || (parts[0] is not (FillsGaps or KeysAbove) && Option(options, parts[0]) is null))
            {
                throw new UsageException($"--contenders {word}: '{change}' is not Option=value with an option of the trainers.");
            }

            changes.Add((parts[0], parts[1]));
        }

        return changes;
    }

    /// <summary>Options with some of them changed, for the CPU.</summary>
    /// <exception cref="UsageException">There is no such option.</exception>
    public static TOptions Changed<TOptions>(TOptions options, IReadOnlyList<(string Option, string Value)> changes)
        where TOptions : NetworkTrainerOptions
    {
        options.Device = ComputeDevice.Cpu;
        foreach ((string name, string value) in changes.Where(change => change.Option is not (FillsGaps or KeysAbove)))
        {
            PropertyInfo option = Option(typeof(TOptions), name)
                ?? throw new UsageException($"--contenders: {typeof(TOptions).DeclaringType!.Name} has no option {name}.");
            string text = option.PropertyType == typeof(LayerWidths) ? value.Replace('x', ',') : value;
            option.SetValue(options, TypeDescriptor.GetConverter(option.PropertyType).ConvertFromInvariantString(text));
        }

        return options;
    }

    /// <summary>Tells the options of columns that stay keys.</summary>
    private static TOptions Told<TOptions>(TOptions options, Lesson lesson)
        where TOptions : TableTrainerOptions
    {
        if (lesson.Keys.Count > 0)
        {
            bool hasFeatures = lesson.Rows().Schema.GetColumnOrNull("Features") is not null;
            (options.FeatureColumnNames, options.CategoricalColumnNames) = (hasFeatures ? ["Features"] : [], [.. lesson.Keys]);
        }

        return options;
    }

    private static PropertyInfo? Option(Type options, string name)
        => options.GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
}
