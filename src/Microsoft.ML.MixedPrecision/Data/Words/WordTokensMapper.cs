using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Makes the two vectors row by row: <see cref="WordTokensEstimator"/>.</summary>
/// <param name="transformer">The transformer.</param>
/// <param name="schema">Columns of the data.</param>
internal sealed class WordTokensMapper(WordTokensTransformer transformer, DataViewSchema schema) : IRowMapper
{
    private readonly DataViewSchema.Column _words = Find(schema, transformer.Column);

    DataViewSchema.DetachedColumn[] IRowMapper.GetOutputColumns() =>
    [
        new(
            transformer.Tokens,
            new VectorDataViewType(NumberDataViewType.Single, transformer.Most),
            TokenVocabulary.Of(transformer.Tokenizer.Count)),
        new(transformer.Places, new VectorDataViewType(NumberDataViewType.Int32)),
    ];

    ITransformer IRowMapper.GetTransformer() => transformer;

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)transformer).Save(ctx);

    Func<int, bool> IRowMapper.GetDependencies(Func<int, bool> activeOutput)
        => activeOutput(0) || activeOutput(1) ? column => column == _words.Index : _ => false;

    Delegate[] IRowMapper.CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        disposer = null;
        if (!activeOutput(0) && !activeOutput(1))
        {
            return [null!, null!];
        }

        Func<WordRow> current = Current(input);
        return
        [
            activeOutput(0)
                ? (ValueGetter<VBuffer<float>>)(
                    (ref VBuffer<float> tokens) => TokenVector.Copy(CollectionsMarshal.AsSpan(current().Ids), transformer.Most, ref tokens))
                : null!,
            activeOutput(1) ? (ValueGetter<VBuffer<int>>)((ref VBuffer<int> places) => Copy(current().Places, ref places)) : null!,
        ];
    }

    private static DataViewSchema.Column Find(DataViewSchema schema, string name)
        => schema.GetColumnOrNull(name) is { Type: VectorDataViewType { ItemType: TextDataViewType } } column
            ? column
            : throw new ArgumentOutOfRangeException(nameof(schema), $"There is no column of words '{name}', which the model's tokens are "
                + $"made of; there are {string.Join(", ", schema.Select(other => $"{other.Name} ({other.Type})"))}.");

    /// <summary>The tokens of the row at hand, made once for both columns.</summary>
    private Func<WordRow> Current(DataViewRow input)
    {
        ValueGetter<VBuffer<ReadOnlyMemory<char>>> getter = input.GetGetter<VBuffer<ReadOnlyMemory<char>>>(_words);
        var row = new WordRow();
        VBuffer<ReadOnlyMemory<char>> words = default;
        ReadOnlyMemory<char>[] dense = [];
        long position = -1;
        return () =>
        {
            if (input.Position == position && position >= 0)
            {
                return row;
            }

            getter(ref words);
            position = input.Position;
            if (dense.Length < words.Length)
            {
                dense = new ReadOnlyMemory<char>[words.Length];
            }

            words.CopyTo(dense);
            WordSequence.Fill(row, transformer.Tokenizer, dense.AsSpan(0, words.Length), transformer.Most);
            transformer.Count(row);
            return row;
        };
    }

    private static void Copy(List<int> items, ref VBuffer<int> value)
    {
        VBufferEditor<int> editor = VBufferEditor.Create(ref value, items.Count);
        items.CopyTo(editor.Values);
        value = editor.Commit();
    }
}
