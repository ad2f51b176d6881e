using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Safety;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>Which columns a model's inputs are read from, and which its outputs become.</summary>
/// <param name="Inputs">The model's inputs, each with its column.</param>
/// <param name="Outputs">The outputs that are computed, each with its column.</param>
internal sealed record ColumnMap(
    IReadOnlyList<(ModelPort Port, string Column)> Inputs,
    IReadOnlyList<(ModelPort Port, string Column)> Outputs)
{
    /// <summary>Whether an output has one element a row: (N) or (N, 1). It becomes a scalar column, as exports write scalars.</summary>
    public static bool IsScalar(ModelPort port) => port.RowShape is [] or [1];

    /// <summary>Maps a model's inputs and outputs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">Columns of inputs by their names; those not named, or all for null, are columns of the same name.</param>
    /// <param name="outputs">Columns of the outputs that are wanted; null for all, by their own names.</param>
    /// <exception cref="ArgumentException">A name is not the model's, or two outputs become one column.</exception>
    /// <exception cref="NotSupportedException">No column holds the elements of an input or output.</exception>
    public static ColumnMap Create(
        CheckedModel model,
        IReadOnlyDictionary<string, string>? inputs,
        IReadOnlyDictionary<string, string>? outputs)
    {
        CheckNames(inputs, model.Inputs, nameof(OnnxScoringEstimator.Options.InputColumns), "inputs");
        CheckNames(outputs, model.Outputs, nameof(OnnxScoringEstimator.Options.OutputColumns), "outputs of rows");
        var map = new ColumnMap(
            [.. model.Inputs.Select(port => (port, inputs?.GetValueOrDefault(port.Name) ?? port.Name))],
            [.. model.Outputs.Where(port => outputs?.ContainsKey(port.Name) ?? true)
                .Select(port => (port, outputs?[port.Name] ?? port.Name))]);
        if (map.Outputs.Count == 0)
        {
            throw new ArgumentException($"{nameof(OnnxScoringEstimator.Options.OutputColumns)} names no output; name one of "
                + $"{Names(model.Outputs)}, or use null for all.", nameof(outputs));
        }

        if (map.Outputs.GroupBy(output => output.Column).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"{nameof(OnnxScoringEstimator.Options.OutputColumns)} gives the column '{twice.Key}' to "
                + $"several outputs ({string.Join(", ", twice.Select(output => output.Port.Name))}); each needs a name of its own.",
                nameof(outputs));
        }

        foreach (var (port, _) in map.Inputs.Concat(map.Outputs))
        {
            if (ElementTypes.ColumnType(port.Type) is null)
            {
                throw new NotSupportedException($"'{port.Name}' of the model holds {port.Type}, which no column holds. Export the "
                    + $"model with inputs and outputs in Float32 or Float16.");
            }
        }

        return map;
    }

    /// <summary>The type of an output's column.</summary>
    public static DataViewType TypeOf(ModelPort port)
    {
        var item = ElementTypes.ColumnType(port.Type)!;
        return IsScalar(port) ? item : new VectorDataViewType(item, Array.ConvertAll(port.RowShape, size => (int)size));
    }

    /// <summary>The new columns.</summary>
    public DataViewSchema.DetachedColumn[] NewColumns()
        => [.. Outputs.Select(output => new DataViewSchema.DetachedColumn(output.Column, TypeOf(output.Port), null))];

    /// <summary>The columns of a schema that the inputs are read from, in their order.</summary>
    /// <param name="schema">The schema.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is missing, or is of another type or size.</exception>
    public DataViewSchema.Column[] Bind(DataViewSchema schema) => [.. Inputs.Select(input => Bind(schema, input.Port, input.Column))];

    /// <summary>Why a column does not fit an input; null if it does.</summary>
    /// <param name="port">The input.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="item">The type of the column, or of its items.</param>
    /// <param name="width">Its number of items; 0 if it is not known.</param>
    /// <param name="found">The column's type, for the message.</param>
    public static string? Misfit(ModelPort port, string name, DataViewType item, long width, string found)
    {
        var wanted = ElementTypes.ColumnType(port.Type)!;
        if (item.RawType != wanted.RawType)
        {
            return $"The column '{name}' holds {found}, but the model's input '{port.Name}' takes "
                + $"{wanted}{(port.Width == 1 ? "" : $", {port.Width} of them")}; convert it with Transforms.Conversion.ConvertType.";
        }

        if (width != port.Width)
        {
            return $"The column '{name}' holds {(width == 0 ? "vectors of unknown length" : $"{width} values")}, but the model's input "
                + $"'{port.Name}' takes {port.Width}; give it another column by {nameof(OnnxScoringEstimator.Options.InputColumns)}, or "
                + $"put columns together with Transforms.Concatenate.";
        }

        return null;
    }

    private static DataViewSchema.Column Bind(DataViewSchema schema, ModelPort port, string name)
    {
        var column = schema.GetColumnOrNull(name)
            ?? throw new ArgumentOutOfRangeException(nameof(schema), $"There is no column '{name}' for the model's input "
                + $"'{port.Name}'; there are {string.Join(", ", schema.Select(column => column.Name))}. Name another one by "
                + $"{nameof(OnnxScoringEstimator.Options.InputColumns)}.");
        var vector = column.Type as VectorDataViewType;
        string? misfit = Misfit(port, name, vector?.ItemType ?? column.Type, vector?.Size ?? 1, column.Type.ToString()!);
        return misfit is null ? column : throw new ArgumentOutOfRangeException(nameof(schema), misfit);
    }

    private static void CheckNames(IReadOnlyDictionary<string, string>? columns, IReadOnlyList<ModelPort> ports, string option, string kind)
    {
        foreach (var (name, column) in columns ?? new Dictionary<string, string>())
        {
            if (!ports.Any(port => port.Name == name))
            {
                throw new ArgumentException($"{option} names '{name}', which is none of the model's {kind}: {Names(ports)}.", option);
            }

            if (string.IsNullOrWhiteSpace(column))
            {
                throw new ArgumentException($"{option} gives '{name}' a column without a name; leave '{name}' out to use its own.", option);
            }
        }
    }

    private static string Names(IEnumerable<ModelPort> ports) => string.Join(", ", ports.Select(port => $"'{port.Name}'"));
}
