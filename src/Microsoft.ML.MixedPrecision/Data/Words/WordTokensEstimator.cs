using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Makes two columns of a vector of words: a vector of Single, of each token its id and 1 more, 0 behind the last; and a vector of
/// Int32, of each word the place of its first token, −1 for one that is left out.</summary>
/// <param name="env">The context.</param>
/// <param name="column">Column of words.</param>
/// <param name="description">How a word becomes tokens; trained on all words of the data where that is asked for.</param>
/// <param name="most">Tokens of a row at most.</param>
internal sealed class WordTokensEstimator(
    IHostEnvironment env, string column, TextTokenizer description, int most) : IEstimator<ITransformer>
{
    /// <summary>What the column of places is called.</summary>
    /// <param name="column">Column of words.</param>
    public static string PlacesOf(string column) => $"Places({column})";

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or holds no words.</exception>
    public ITransformer Fit(IDataView input)
    {
        Require(SchemaShape.Create(input.Schema));
        return new WordTokensTransformer(env, column, Train(input), most);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or holds no words.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Require(inputSchema);
        SchemaShape.Column[] made =
        [
            new(
                TextTokensEstimator.NameOf([column]),
                SchemaShape.Column.VectorKind.Vector,
                NumberDataViewType.Single,
                isKey: false),
            new(PlacesOf(column), SchemaShape.Column.VectorKind.VariableVector, NumberDataViewType.Int32, isKey: false),
        ];
        return new SchemaShape(inputSchema.Where(other => !Array.Exists(made, its => its.Name == other.Name)).Concat(made));
    }

    private Tokenizer Train(IDataView input)
    {
        var trainer = new VocabularyTrainer(description);
        if (description.Rule is null)
        {
            return trainer.Train();
        }

        DataViewSchema.Column words = input.Schema[column];
        using DataViewRowCursor cursor = input.GetRowCursor([words]);
        ValueGetter<VBuffer<ReadOnlyMemory<char>>> getter = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(words);
        VBuffer<ReadOnlyMemory<char>> row = default;
        while (cursor.MoveNext())
        {
            getter(ref row);
            foreach (ReadOnlyMemory<char> word in row.GetValues())
            {
                trainer.Add(word.ToString());
            }
        }

        return trainer.Train();
    }

    private void Require(SchemaShape shape)
    {
        if (!shape.TryFindColumn(column, out SchemaShape.Column words))
        {
            throw new ArgumentOutOfRangeException(nameof(shape), $"There is no column of words '{column}'; there are "
                + $"{string.Join(", ", shape.Select(other => other.Name))}. Set WordsColumnName, or add a step that makes the column.");
        }

        if (words.Kind == SchemaShape.Column.VectorKind.Scalar || words.ItemType is not TextDataViewType)
        {
            throw new ArgumentOutOfRangeException(nameof(shape), $"The column of words '{column}' holds {words.GetTypeString()}; it must "
                + "hold a vector of texts, one a word. Split a text, for example with Transforms.Text.TokenizeIntoWords.");
        }
    }
}
