using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

/// <summary>A table that learners are compared on.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Question">What it asks.</param>
/// <param name="Categories">Properties of <see cref="Example"/> with categories.</param>
/// <param name="Rows">Makes or reads the rows: of how many and a seed; real tables have their own number, and no seed.</param>
internal sealed record ExampleTable(string Name, Question Question, string[] Categories, Func<int, int, Example[]> Rows)
{
    /// <summary>The column that the rows are labelled by.</summary>
    private string Label
        => Question switch
        {
            Question.Binary => nameof(Example.Yes),
            Question.Multiclass => nameof(Example.Class),
            _ => nameof(Example.Amount),
        };

    /// <summary>Rows as ML.NET sees them.</summary>
    public static IDataView View(MLContext ml, Example[] rows)
    {
        var schema = SchemaDefinition.Create(typeof(Example));
        schema[nameof(Example.Numbers)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Numbers.Length);
        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    /// <summary>The same for every learner: gaps become the mean, categories one slot each; nothing is normalised.</summary>
    public EstimatorChain<ITransformer> Preparation(MLContext ml)
    {
        EstimatorChain<ITransformer> chain = new EstimatorChain<ITransformer>()
            .Append(
                (IEstimator<ITransformer>)(
                    Question == Question.Multiclass
                        ? ml.Transforms.Conversion.MapValueToKey("Label", Label)
                        : ml.Transforms.CopyColumns("Label", Label)))
            .Append(
                (IEstimator<ITransformer>)ml.Transforms.ReplaceMissingValues(
                    "Filled",
                    nameof(Example.Numbers),
                    MissingValueReplacingEstimator.ReplacementMode.Mean));
        foreach (string category in Categories)
        {
            chain = chain.Append((IEstimator<ITransformer>)ml.Transforms.Categorical.OneHotEncoding(category + "Slots", category));
        }

        return chain.Append(
            (IEstimator<ITransformer>)ml.Transforms.Concatenate(
                "Features",
                ["Filled", .. Categories.Select(category => category + "Slots")]));
    }
}
