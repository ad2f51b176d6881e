using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Embeds texts row by row, for prediction engines.</summary>
/// <param name="transformer">Embeds.</param>
/// <param name="schema">Columns of the data.</param>
internal sealed class TextEmbeddingMapper(TextEmbeddingTransformer transformer, DataViewSchema schema) : IRowMapper
{
    private readonly TextTokensMapper _tokens = new(transformer.Tokens, schema);

    DataViewSchema.DetachedColumn[] IRowMapper.GetOutputColumns() =>
        [new(transformer.OutputColumnName, new VectorDataViewType(NumberDataViewType.Single, transformer.Width))];

    ITransformer IRowMapper.GetTransformer() => transformer;

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)transformer).Save(ctx);

    Func<int, bool> IRowMapper.GetDependencies(Func<int, bool> activeOutput) => ((IRowMapper)_tokens).GetDependencies(activeOutput);

    Delegate[] IRowMapper.CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        disposer = null;
        if (!activeOutput(0))
        {
            return [null!];
        }

        ValueGetter<VBuffer<float>> getTokens = _tokens.Getter(input);
        var scorer = new RowScorer(transformer.Network);
        VBuffer<float> tokens = default;
        return
        [
            (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                getTokens(ref tokens);
                transformer.Finish(scorer.Run(tokens), ref value);
            }),
        ];
    }
}
