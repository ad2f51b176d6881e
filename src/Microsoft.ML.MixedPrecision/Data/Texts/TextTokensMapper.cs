using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Makes the vectors row by row.</summary>
/// <param name="transformer">The transformer.</param>
/// <param name="schema">Columns of the data.</param>
internal sealed class TextTokensMapper(TextTokensTransformer transformer, DataViewSchema schema) : IRowMapper
{
    private readonly DataViewSchema.Column[] _columns = [.. transformer.Columns.Select(name => Find(schema, name))];

    DataViewSchema.DetachedColumn[] IRowMapper.GetOutputColumns() =>
    [
        new(
            transformer.Output,
            new VectorDataViewType(NumberDataViewType.Single, transformer.Limit.MaxTokens),
            TokenVocabulary.Of(transformer.Tokenizer.Count)),
    ];

    ITransformer IRowMapper.GetTransformer() => transformer;

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)transformer).Save(ctx);

    Func<int, bool> IRowMapper.GetDependencies(Func<int, bool> activeOutput)
    {
        var needed = _columns.Select(column => column.Index).ToHashSet();
        return activeOutput(0) ? needed.Contains : _ => false;
    }

    Delegate[] IRowMapper.CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        disposer = null;
        return activeOutput(0) ? [Getter(input)] : [null!];
    }

    private static DataViewSchema.Column Find(DataViewSchema schema, string name)
        => schema.GetColumnOrNull(name) is { Type: TextDataViewType } column
            ? column
            : throw new ArgumentOutOfRangeException(nameof(schema), $"There is no text column '{name}', which the model's tokens are made "
                + $"of; there are {string.Join(", ", schema.Select(other => $"{other.Name} ({other.Type})"))}.");

    /// <summary>Makes the vector of a row.</summary>
    /// <param name="input">Rows of the data.</param>
    public ValueGetter<VBuffer<float>> Getter(DataViewRow input)
    {
        ValueGetter<ReadOnlyMemory<char>>[] getters = Array.ConvertAll(_columns, input.GetGetter<ReadOnlyMemory<char>>);
        var row = new TokenRow();
        ReadOnlyMemory<char> first = default, second = default;
        return (ref VBuffer<float> tokens) =>
        {
            getters[0](ref first);
            if (getters.Length == 1)
            {
                TokenSequence.Fill(row, transformer.Tokenizer, first.ToString(), transformer.Limit);
            }
            else
            {
                getters[1](ref second);
                TokenSequence.Fill(row, transformer.Tokenizer, first.ToString(), second.ToString(), transformer.Limit);
            }

            transformer.Count(row.Cut);
            TokenVector.Copy(CollectionsMarshal.AsSpan(row.Ids), transformer.Limit.MaxTokens, ref tokens);
        };
    }
}
