using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Makes the vectors row by row.</summary>
/// <param name="transformer">The transformer.</param>
/// <param name="schema">Columns of the data.</param>
/// <remarks>As <c>Concatenate</c> does, a vector of which at most half the values are there is sparse.</remarks>
internal sealed class FeatureColumnsMapper(FeatureColumnsTransformer transformer, DataViewSchema schema) : IRowMapper
{
    private readonly DataViewSchema.Column[] _columns = [.. transformer.Parts.Select(part => part.Find(schema))];
    private readonly int _slots = checked((int)transformer.Parts.Sum(part => (long)part.Size));

    DataViewSchema.DetachedColumn[] IRowMapper.GetOutputColumns() =>
    [
        new(
            transformer.Output,
            new VectorDataViewType(NumberDataViewType.Single, _slots),
            FeatureAnnotations.Of(transformer.Parts, _columns)),
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

    private ValueGetter<VBuffer<float>> Getter(DataViewRow input)
    {
        FeatureReader[] readers = Array.ConvertAll(_columns, column => FeatureReader.Of(input, column));
        return (ref VBuffer<float> features) =>
        {
            int values = 0;
            foreach (FeatureReader reader in readers)
            {
                values += reader.Read();
            }

            if (values <= _slots / 2)
            {
                CopySparse(readers, values, ref features);
            }
            else
            {
                CopyDense(readers, ref features);
            }
        };
    }

    private void CopyDense(FeatureReader[] readers, ref VBuffer<float> features)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref features, _slots);
        int at = 0;
        foreach (FeatureReader reader in readers)
        {
            reader.Values.CopyTo(editor.Values, at);
            at += reader.Values.Length;
        }

        features = editor.Commit();
    }

    private void CopySparse(FeatureReader[] readers, int values, ref VBuffer<float> features)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref features, _slots, values);
        int at = 0, first = 0;
        foreach (FeatureReader reader in readers)
        {
            ReadOnlySpan<float> own = reader.Values.GetValues();
            own.CopyTo(editor.Values[at..]);
            for (int i = 0; i < own.Length; i++)
            {
                editor.Indices[at + i] = first + (reader.Values.IsDense ? i : reader.Values.GetIndices()[i]);
            }

            at += own.Length;
            first += reader.Values.Length;
        }

        features = editor.Commit();
    }
}
