using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>What a user of ML.NET does before a trainer: numbers behind each other, categories one-hot, all of it
/// <c>Features</c>; or columns of many categories beside it, as keys.</summary>
internal static class Preparation
{
    private const string Numbers = "Numbers";
    private const string Label = "Label";
    private const string Raw = "RawLabel";

    /// <summary>Rows of a table.</summary>
    public static IDataView View(TableData table, int[] rows)
    {
        TableLabels labels = table.Labels;
        var columns = new List<ViewColumn>
        {
            labels.Yes is { } yes ? ViewColumn.Of(Label, yes)
                : labels.Classes is { } classes ? ViewColumn.Of(Raw, classes)
                : ViewColumn.Of(Label, labels.Amounts!),
        };
        if (table.Numbers.Length > 0)
        {
            columns.Add(ViewColumn.Of(Numbers, table.Numbers));
        }

        columns.AddRange(table.Categories.Select((values, i) => ViewColumn.Of(Category(i), values)));
        return new ColumnView(columns, rows);
    }

    /// <summary>The estimators.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="table">The table.</param>
    /// <param name="preparing">What is done.</param>
    public static IEstimator<ITransformer> Create(MLContext ml, TableData table, Preparing preparing)
    {
        EstimatorChain<ITransformer> chain = new();
        var parts = new List<string>();
        if (table.Question == Question.Multiclass)
        {
            chain = Add(chain, ml.Transforms.Conversion.MapValueToKey(Label, Raw));
        }

        if (table.Numbers.Length > 0)
        {
            parts.Add(Numbers);
            if (preparing.FillsGaps)
            {
                chain = Add(chain, ml.Transforms.ReplaceMissingValues(
                    Numbers,
                    replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean));
            }
        }

        string[] keys = Keys(table, preparing);
        foreach (string key in keys)
        {
            chain = Add(chain, ml.Transforms.Conversion.MapValueToKey(key));
        }

        for (int i = 0; i < table.Categories.Length; i++)
        {
            if (keys.Contains(Category(i)))
            {
                continue;
            }

            parts.Add(Category(i));
            chain = Add(chain, ml.Transforms.Categorical.OneHotEncoding(Category(i)));
        }

        return parts.Count == 0 ? chain : Add(chain, ml.Transforms.Concatenate("Features", [.. parts]));
    }

    /// <summary>The columns that stay keys.</summary>
    public static string[] Keys(TableData table, Preparing preparing)
        => [.. table.Categories.Index()
            .Where(column => column.Item.Distinct(StringComparer.Ordinal).Count(value => value.Length > 0) > preparing.KeysAbove)
            .Select(column => Category(column.Index))];

    private static EstimatorChain<ITransformer> Add(EstimatorChain<ITransformer> chain, IEstimator<ITransformer> next)
        => chain.Append(next);

    private static string Category(int index) => $"Category{index}";
}
