using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Measures texts row by row.</summary>
/// <param name="transformer">The transformer.</param>
/// <param name="schema">Columns of the data.</param>
internal sealed class LanguageModelMapper(LanguageModelTransformer transformer, DataViewSchema schema) : IRowMapper
{
    private readonly DataViewSchema.Column _text = schema.GetColumnOrNull(transformer.TextColumnName) is { Type: TextDataViewType } column
        ? column
        : throw new ArgumentOutOfRangeException(nameof(schema), $"There is no text column '{transformer.TextColumnName}', which the model "
            + $"reads; there are {string.Join(", ", schema.Select(other => $"{other.Name} ({other.Type})"))}.");

    /// <summary>The columns that it adds.</summary>
    public static IReadOnlyList<(string Name, DataViewType Type)> Added { get; } =
        [("LogLikelihood", NumberDataViewType.Single), ("TokenCount", NumberDataViewType.Int32)];

    DataViewSchema.DetachedColumn[] IRowMapper.GetOutputColumns()
        => [.. Added.Select(column => new DataViewSchema.DetachedColumn(column.Name, column.Type))];

    ITransformer IRowMapper.GetTransformer() => transformer;

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)transformer).Save(ctx);

    Func<int, bool> IRowMapper.GetDependencies(Func<int, bool> activeOutput)
        => activeOutput(0) || activeOutput(1) ? column => column == _text.Index : _ => false;

    Delegate[] IRowMapper.CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        disposer = null;
        var getters = new Delegate[Added.Count];
        if (activeOutput(0) || activeOutput(1))
        {
            ValueGetter<ReadOnlyMemory<char>> getText = input.GetGetter<ReadOnlyMemory<char>>(_text);
            var windows = new TokenWindows(transformer.Tokens.Tokenizer, transformer.Tokens.Limit.MaxTokens);
            ReadOnlyMemory<char> text = default;
            TokenWindows Read()
            {
                getText(ref text);
                windows.Read(text.ToString());
                return windows;
            }

            getters[0] = activeOutput(0) ? LogLikelihood(Read) : null!;
            getters[1] = activeOutput(1) ? (ValueGetter<int>)((ref int value) => value = Read().Predictions) : null!;
        }

        return getters;
    }

    /// <summary>A text alone, each window in turn.</summary>
    private ValueGetter<float> LogLikelihood(Func<TokenWindows> read)
    {
        var likelihood = new Likelihood(transformer.Network.CreateSession(1)); // Nobody disposes of it, its finalizers do.
        return (ref float value) =>
        {
            double sum = 0;
            likelihood.Add(read(), part => sum += part);
            value = (float)sum;
            GC.KeepAlive(likelihood); // Not to be collected, and its memory freed, while it runs.
        };
    }
}
