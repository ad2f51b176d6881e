using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>A column of a <see cref="ColumnView"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Getter">Makes a <see cref="ValueGetter{TValue}"/> of the row that the function says.</param>
internal sealed record ViewColumn(string Name, DataViewType Type, Func<Func<int>, Delegate> Getter)
{
    /// <summary>A column of Boolean.</summary>
    public static ViewColumn Of(string name, bool[] values)
        => new(name, BooleanDataViewType.Instance, row => (ValueGetter<bool>)((ref bool value) => value = values[row()]));

    /// <summary>A column of Single.</summary>
    public static ViewColumn Of(string name, float[] values)
        => new(name, NumberDataViewType.Single, row => (ValueGetter<float>)((ref float value) => value = values[row()]));

    /// <summary>A column of text.</summary>
    public static ViewColumn Of(string name, string[] values)
        => new(
            name,
            TextDataViewType.Instance,
            row => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = values[row()].AsMemory()));

    /// <summary>Columns of Single as one of vectors.</summary>
    public static ViewColumn Of(string name, float[][] columns)
        => new(
            name,
            new VectorDataViewType(NumberDataViewType.Single, columns.Length),
            row => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                var editor = VBufferEditor.Create(ref value, columns.Length);
                for (int i = 0; i < columns.Length; i++)
                {
                    editor.Values[i] = columns[i][row()];
                }

                value = editor.Commit();
            }));
}
