using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Makes one vector of Single of a text or of two: of each token its id and 1 more, 0 behind the last.</summary>
/// <param name="env">The context.</param>
/// <param name="columns">Columns of texts, one or two.</param>
/// <param name="description">How texts become tokens; trained on all texts of the data where that is asked for.</param>
/// <param name="limit">Tokens at most.</param>
internal sealed class TextTokensEstimator(
    IHostEnvironment env, string[] columns, TextTokenizer description, SequenceLimit limit) : IEstimator<ITransformer>
{
    /// <summary>What the vector's column is called: by its columns, so that no other column has the name by chance.</summary>
    /// <param name="columns">Columns of texts.</param>
    public static string NameOf(string[] columns) => $"Tokens({string.Join(", ", columns)})";

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or holds no text.</exception>
    public ITransformer Fit(IDataView input)
    {
        Require(SchemaShape.Create(input.Schema));
        return new TextTokensTransformer(env, columns, Train(input), limit);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or holds no text.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Require(inputSchema);
        string name = NameOf(columns);
        var made = new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false);
        return new SchemaShape(inputSchema.Where(column => column.Name != name).Append(made));
    }

    private Tokenizer Train(IDataView input)
    {
        var trainer = new VocabularyTrainer(description);
        if (description.Rule is null)
        {
            return trainer.Train();
        }

        DataViewSchema.Column[] texts = [.. columns.Select(name => input.Schema[name])];
        using DataViewRowCursor cursor = input.GetRowCursor(texts);
        ValueGetter<ReadOnlyMemory<char>>[] getters = [.. texts.Select(cursor.GetGetter<ReadOnlyMemory<char>>)];
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            foreach (ValueGetter<ReadOnlyMemory<char>> getter in getters)
            {
                getter(ref text);
                trainer.Add(text.ToString());
            }
        }

        return trainer.Train();
    }

    private void Require(SchemaShape shape)
    {
        foreach (string name in columns)
        {
            if (!shape.TryFindColumn(name, out SchemaShape.Column column))
            {
                throw new ArgumentOutOfRangeException(nameof(shape), $"There is no text column '{name}'; there are "
                    + $"{string.Join(", ", shape.Select(other => other.Name))}. Set TextColumnName, or add a step that makes the column.");
            }

            if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.ItemType is not TextDataViewType)
            {
                throw new ArgumentOutOfRangeException(nameof(shape), $"The text column '{name}' holds {column.GetTypeString()}; it must "
                    + "hold a text. Convert it, for example with Transforms.Conversion.ConvertType to DataKind.String.");
            }
        }
    }
}
