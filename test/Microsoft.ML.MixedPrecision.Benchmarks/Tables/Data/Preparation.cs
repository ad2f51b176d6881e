using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>What a user of ML.NET does before a trainer, the same for all: numbers behind each other, categories one-hot, all of it
/// <c>Features</c>.</summary>
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
    /// <param name="fillGaps">Whether missing numbers become the mean of those that are there; else they stay NaN.</param>
    public static IEstimator<ITransformer> Create(MLContext ml, TableData table, bool fillGaps)
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
            if (fillGaps)
            {
                chain = Add(chain, ml.Transforms.ReplaceMissingValues(
                    Numbers,
                    replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean));
            }
        }

        for (int i = 0; i < table.Categories.Length; i++)
        {
            parts.Add(Category(i));
            chain = Add(chain, ml.Transforms.Categorical.OneHotEncoding(Category(i)));
        }

        return Add(chain, ml.Transforms.Concatenate("Features", [.. parts]));
    }

    private static EstimatorChain<ITransformer> Add(EstimatorChain<ITransformer> chain, IEstimator<ITransformer> next)
        => chain.Append(next);

    private static string Category(int index) => $"Category{index}";
}
