using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Microsoft.ML.Transforms.MissingValueReplacingEstimator;

namespace Quickstart;

/// <summary>What a CSV file's columns hold, found by reading all of it, and how they become features.</summary>
internal sealed class CsvColumns
{
    /// <summary>The label's name in the data.</summary>
    public const string Label = "Wanted";

    /// <summary>A label of numbers with at most so many values, all of them whole, is taken for classes.</summary>
    private const int MostClasses = 20;

    /// <summary>Text with more values than this is no category that this sample can use.</summary>
    private const int MostValues = 1000;

    private readonly char _separator;
    private readonly string _label;
    private readonly int _labelIndex;
    private readonly List<int> _numbers = [];
    private readonly List<(int Index, string Name)> _categories = [];
    private readonly List<string> _leftOut = [];

    private CsvColumns(char separator, string[] names, string[][] values, string label)
    {
        (_separator, _label, _labelIndex) = (separator, label, Array.IndexOf(names, label));
        string[] distinct = [.. values[_labelIndex].Distinct()];
        IsNumber = distinct.All(IsNumeric) && (distinct.Length > MostClasses || !distinct.All(value => long.TryParse(value, out _)));
        for (int i = 0; i < names.Length; i++)
        {
            if (i == _labelIndex)
            {
                continue;
            }

            string[] known = [.. values[i].Where(value => value.Length > 0).Distinct()];
            if (known.All(IsNumeric) && !AreCounted(values[i]))
            {
                _numbers.Add(i);
            }
            else if (!known.All(IsNumericOrDate) && known.Length <= Math.Min(MostValues, values[i].Length / 2))
            {
                _categories.Add((i, names[i]));
            }
            else
            {
                _leftOut.Add(names[i]);
            }
        }
    }

    /// <summary>Whether the label is a number to come near to, and not one of some classes.</summary>
    public bool IsNumber { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ArgumentException">It has no such column, or no rows.</exception>
    public static CsvColumns Read(MLContext mlContext, string path, string label)
    {
        string header = File.ReadLines(path).FirstOrDefault() ?? "";
        char separator = new[] { ',', ';', '\t' }.MaxBy(candidate => header.Count(character => character == candidate));
        int count = header.Count(character => character == separator) + 1;
        var loader = new TextLoader.Options
        {
            Separators = [separator],
            AllowQuoting = true,
            Columns = [.. Enumerable.Range(0, count).Select(i => new TextLoader.Column($"{i}", DataKind.String, i))],
        };
        IDataView lines = mlContext.Data.LoadFromTextFile(path, loader);
        string[][] columns = [.. Enumerable.Range(0, count).Select(i => Values(lines, $"{i}"))];
        string[] names = [.. columns.Select(column => column.Length > 0 ? column[0] : "")];
        if (!names.Contains(label))
        {
            throw new ArgumentException($"{path} has no column '{label}'; its first line names {string.Join(", ", names)}.");
        }

        return columns[0].Length > 10 && count > 1
            ? new CsvColumns(separator, names, [.. columns.Select(column => column[1..])], label)
            : throw new ArgumentException($"{path} has {columns[0].Length - 1} rows and {count} columns; at least 10 and 2 are needed.");
    }

    /// <summary>What was found, for people.</summary>
    public IEnumerable<string> Sentences()
    {
        yield return IsNumber
            ? $"'{_label}' holds numbers: MlpRegression."
            : $"'{_label}' holds classes: MlpMulticlass.";
        yield return $"Features: {_numbers.Count} columns of numbers, {_categories.Count} of categories.";
        if (_leftOut.Count > 0)
        {
            yield return $"Left out (dates, identifiers, text whose values mostly differ): {string.Join(", ", _leftOut)}.";
        }
    }

    /// <summary>How to load the file: numbers as one vector, each category as text.</summary>
    public TextLoader.Options Loader() => new()
    {
        Separators = [_separator],
        AllowQuoting = true,
        HasHeader = true,
        MissingRealsAsNaNs = true,
        Columns =
        [
            new TextLoader.Column(Label, IsNumber ? DataKind.Single : DataKind.String, _labelIndex),
            .. _numbers.Count == 0 ? Array.Empty<TextLoader.Column>()
                : [new TextLoader.Column("Numbers", DataKind.Single, [.. _numbers.Select(i => new TextLoader.Range(i))])],
            .. _categories.Select(category => new TextLoader.Column(category.Name, DataKind.String, category.Index)),
        ],
    };

    /// <summary>Gaps: the mean, and a 1 beside it that says so. Categories: a column of 0 and 1 for each value.</summary>
    public IEstimator<ITransformer> Preparation(MLContext mlContext)
    {
        IEstimator<ITransformer> pipeline = new EstimatorChain<ITransformer>();
        if (_numbers.Count > 0)
        {
            pipeline = pipeline.Append(mlContext.Transforms.IndicateMissingValues("Missing", "Numbers"))
                .Append(mlContext.Transforms.Conversion.ConvertType("Missing"))
                .Append(mlContext.Transforms.ReplaceMissingValues("Numbers", replacementMode: ReplacementMode.Mean));
        }

        if (_categories.Count > 0)
        {
            InputOutputColumnPair[] pairs = [.. _categories.Select(category => new InputOutputColumnPair(category.Name))];
            pipeline = pipeline.Append(mlContext.Transforms.Categorical.OneHotEncoding(pairs));
        }

        string[] numbers = _numbers.Count > 0 ? ["Numbers", "Missing"] : [];
        string[] features = [.. numbers, .. _categories.Select(category => category.Name)];
        return pipeline.Append(mlContext.Transforms.Concatenate("Features", features));
    }

    private static string[] Values(IDataView lines, string column) => [.. lines.GetColumn<string>(column).Select(value => value ?? "")];

    /// <summary>Row numbers: whole, each one more than the one before.</summary>
    private static bool AreCounted(string[] values)
        => values.Length > 2 && Enumerable.Range(1, values.Length - 1).All(
            i => long.TryParse(values[i - 1], out long before) && long.TryParse(values[i], out long value) && value == before + 1);

    private static bool IsNumericOrDate(string value)
        => IsNumeric(value) || DateTime.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsNumeric(string value) => float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
