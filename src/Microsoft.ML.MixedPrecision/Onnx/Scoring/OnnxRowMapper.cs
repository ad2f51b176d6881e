using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>Scores row by row, for prediction engines.</summary>
/// <param name="transformer">The transformer.</param>
/// <param name="schema">The columns of the rows.</param>
internal sealed class OnnxRowMapper(OnnxScoringTransformer transformer, DataViewSchema schema) : IRowMapper
{
    private readonly DataViewSchema.Column[] _columns = transformer.Scorer.Columns.Bind(schema);

    DataViewSchema.DetachedColumn[] IRowMapper.GetOutputColumns() => transformer.Scorer.Columns.NewColumns();

    ITransformer IRowMapper.GetTransformer() => transformer;

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)transformer).Save(ctx);

    Func<int, bool> IRowMapper.GetDependencies(Func<int, bool> activeOutput)
    {
        bool any = Enumerable.Range(0, transformer.Scorer.Columns.Outputs.Count).Any(activeOutput);
        var needed = _columns.Select(column => column.Index).ToHashSet();
        return index => any && needed.Contains(index);
    }

    Delegate[] IRowMapper.CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        int count = transformer.Scorer.Columns.Outputs.Count;
        var getters = new Delegate[count];
        disposer = null;
        if (!Enumerable.Range(0, count).Any(activeOutput))
        {
            return getters;
        }

        var batch = new OnnxBatch(transformer.Scorer, Array.ConvertAll(_columns, column => new RowColumn(input, column)), rows: 1);
        disposer = batch.Dispose;
        long scored = -1;
        for (int i = 0; i < count; i++)
        {
            getters[i] = activeOutput(i) ? batch.Getter(i, Score) : null!;
        }

        return getters;

        int Score()
        {
            if (scored < 0 || scored != input.Position)
            {
                batch.Read(0);
                batch.Run(1);
                scored = input.Position;
            }

            return 0;
        }
    }
}
