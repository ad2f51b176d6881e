using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>The table of docs/options.md names all of them, with the defaults that they have.</summary>
[TestClass]
public sealed partial class OptionsTableTests
{
    private static string[] Table { get; } = TableOf(File.ReadAllLines(Path.Combine(RepositoryFolder.Root, "docs", "options.md")));

    [TestMethod]
    public void Table_Names_EveryOption()
    {
        string all = string.Join('\n', Table);
        foreach (PropertyInfo option in typeof(MlpTrainerOptions).GetProperties())
        {
            StringAssert.Contains(all, $"`{option.Name}`");
        }
    }

    [TestMethod]
    public void Table_Defaults_AreThoseOfTheOptions()
    {
        var options = new MlpMulticlassTrainer.Options();
        int compared = 0;
        foreach (string[] cells in Table.Select(row => row.Split('|', StringSplitOptions.TrimEntries)))
        {
            string[] names = [.. Quoted().Matches(cells[1]).Select(match => match.Groups[1].Value)];
            string[] defaults = cells[2].StartsWith("`[", StringComparison.Ordinal) ? [cells[2].Trim('`')] : cells[2].Split(", ");

            // "0, never" says one thing twice; one default may be that of both names.
            for (int i = 0; i < names.Length; i++, compared++)
            {
                string said = defaults[Math.Min(i, defaults.Length - 1)].Trim('`');
                object? value = typeof(MlpMulticlassTrainer.Options).GetProperty(names[i])!.GetValue(options);
                Assert.IsTrue(Agrees(said, value), $"docs/options.md says that {names[i]} is {said}; it is {value ?? "null"}");
            }
        }

        Assert.IsGreaterThan(25, compared);
    }

    /// <summary>What is described rather than given is the default null.</summary>
    private static bool Agrees(string said, object? value) => value switch
    {
        null => !double.TryParse(said, CultureInfo.InvariantCulture, out _),
        bool flag => said == (flag ? "on" : "off"),
        int or float => double.TryParse(said, CultureInfo.InvariantCulture, out double number)
            && number == double.Parse(Convert.ToString(value, CultureInfo.InvariantCulture)!, CultureInfo.InvariantCulture),
        IReadOnlyList<IRunObserver> observers => said == "none" && observers.Count == 0,
        IReadOnlyList<int> list => said == $"[{string.Join(", ", list)}]",
        CancellationToken token => said == "none" && !token.CanBeCanceled,
        LossScaling or PrecisionPolicy or ComputeDevice => said == "Auto"
            && Equals(value, value.GetType().GetProperty("Auto")!.GetValue(null)),
        _ => said == value.ToString(),
    };

    private static string[] TableOf(string[] lines)
    {
        int start = Array.FindIndex(lines, line => line.StartsWith("| option | default |", StringComparison.Ordinal)) + 2;
        return [.. lines.Skip(start).TakeWhile(line => line.StartsWith('|'))];
    }

    [GeneratedRegex("`([A-Za-z0-9]+)`")]
    private static partial Regex Quoted();
}
