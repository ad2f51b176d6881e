using System.ComponentModel;
using System.Reflection;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;

/// <summary>Our perceptrons on the CPU, with default options or some of them changed.</summary>
internal static class OurTrainer
{
    /// <summary>Whether missing numbers are replaced before the trainer, which fills them itself.</summary>
    public const bool FillsGaps = false;

    private const string Prefix = "ours[";

    /// <summary>Fits the trainer for what is asked.</summary>
    public static ITransformer Learn(Lesson lesson, IReadOnlyList<(string Option, string Value)> changes)
    {
        MixedPrecisionTrainersCatalog trainers = lesson.ML.MixedPrecision().Trainers;
        IEstimator<ITransformer> trainer = lesson.Question switch
        {
            Question.Binary => trainers.MlpBinary(Changed(new MlpBinaryTrainer.Options(), changes)),
            Question.Multiclass => trainers.MlpMulticlass(Changed(new MlpMulticlassTrainer.Options(), changes)),
            _ => trainers.MlpRegression(Changed(new MlpRegressionTrainer.Options(), changes)),
        };
        return trainer.Fit(lesson.Rows());
    }

    /// <summary>The options that <c>ours[Option=value;…]</c> changes; null where the word is no such.</summary>
    /// <exception cref="UsageException">An option has no value, or there is no such option.</exception>
    public static IReadOnlyList<(string Option, string Value)>? Changes(string word)
    {
        if (!word.StartsWith(Prefix, StringComparison.Ordinal) || !word.EndsWith(']'))
        {
            return null;
        }

        var changes = new List<(string, string)>();
        foreach (string change in word[Prefix.Length..^1].Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = change.Split('=', 2);
            if (parts.Length < 2 || Option(typeof(MlpMulticlassTrainer.Options), parts[0]) is null)
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
        where TOptions : MlpTrainerOptions
    {
        options.Device = ComputeDevice.Cpu;
        foreach ((string name, string value) in changes)
        {
            PropertyInfo option = Option(typeof(TOptions), name)
                ?? throw new UsageException($"--contenders: {typeof(TOptions).DeclaringType!.Name} has no option {name}.");
            string text = option.PropertyType == typeof(LayerWidths) ? value.Replace('x', ',') : value;
            option.SetValue(options, TypeDescriptor.GetConverter(option.PropertyType).ConvertFromInvariantString(text));
        }

        return options;
    }

    private static PropertyInfo? Option(Type options, string name)
        => options.GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
}
