using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>One step of a fitted pipeline, as the view that it makes of the data before it.</summary>
/// <param name="view">The view.</param>
internal sealed class PipelineStep(IDataTransform view)
{
    private const string Exported = "MapValueToKey, NormalizeMinMax, NormalizeMeanVariance, Concatenate, trained models and MapKeyToValue";

    /// <summary>The columns after this step.</summary>
    public DataViewSchema Schema => view.Schema;

    /// <summary>The type of the transformer, as its user knows it.</summary>
    public string Name { get; } = NameOf(view is RowToRowMapperTransform rows ? rows.GetTransformer().GetType() : view.GetType());

    /// <summary>The visible columns that this step adds, or puts before one of the same name.</summary>
    public IReadOnlyList<DataViewSchema.Column> NewColumns { get; } = FindNewColumns(view);

    /// <summary>Whether a trained model makes the columns.</summary>
    public bool IsPrediction => NewColumns.Any(column => column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.ScoreColumnSetId) is not null);

    /// <summary>Whether the step turns keys into the values that they stand for.</summary>
    public bool IsKeyToValue => view is RowToRowMapperTransform rows && rows.GetTransformer() is KeyToValueMappingTransformer;

    /// <summary>The columns before this step that columns after it depend on.</summary>
    /// <param name="columns">Columns of <see cref="Schema"/>.</param>
    /// <exception cref="NotSupportedException">The step does more than add columns to each row: a filter, or SelectColumns.</exception>
    public IReadOnlyList<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> columns)
        => view is IRowToRowMapper mapper && (view is RowToRowMapperTransform || IsPrediction)
            ? [.. mapper.GetDependencies(columns)]
            : throw Refusal("it does more than add columns to each row");

    /// <summary>Writes the step.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="needed">Those of <see cref="NewColumns"/> that something depends on.</param>
    /// <exception cref="NotSupportedException">The step cannot be written.</exception>
    public void Write(PipelineOnnxContext context, IReadOnlyList<DataViewSchema.Column> needed)
    {
        if (view is RowToRowMapperTransform rows)
            ThrowIfNotExported(rows.GetTransformer(), needed, context);
        if (view is not ITransformCanSaveOnnx writer || !writer.CanSaveOnnx(context))
            throw Refusal("it does not describe itself in ONNX");

        var written = context.WriteStep(() => writer.SaveAsOnnx(context), Name, [.. NewColumns.Select(column => column.Name)]);
        foreach (var column in needed)
        {
            if (!written.Contains(column.Name))
                throw Refusal($"it does not write column '{column.Name}' of type {column.Type}");
        }
    }

    private void ThrowIfNotExported(ITransformer transformer, IReadOnlyList<DataViewSchema.Column> needed, OnnxContext context)
    {
        if (transformer is NormalizingTransformer normalizer)
        {
            foreach (var column in normalizer.Columns.Where(column => needed.Any(wanted => wanted.Name == column.Name)))
            {
                if (!column.ColumnFunction.CanSaveOnnx(context))
                    throw Refusal($"column '{column.Name}' is normalized by {NameOf(column.ColumnFunction.GetNormalizerModelParams().GetType())}, which has no ONNX form");
            }
        }
        else if (transformer is not (ValueToKeyMappingTransformer or ColumnConcatenatingTransformer or KeyToValueMappingTransformer))
        {
            throw Refusal("it has no ONNX form here");
        }
    }

    private NotSupportedException Refusal(string reason)
        => new($"The step {Name}{(NewColumns.Count == 0 ? "" : ", which makes " + string.Join(", ", NewColumns.Select(column => $"'{column.Name}'")) + ",")} cannot be exported to ONNX: {reason}. "
            + $"Exported are {Exported}. Apply this step to the data before the pipeline that is exported, or ask for columns that do not depend on it.");

    private static List<DataViewSchema.Column> FindNewColumns(IDataTransform view)
    {
        var before = view.Source.Schema.CountBy(column => column.Name).ToDictionary();
        return [.. view.Schema
            .Where(column => !column.IsHidden && view.Schema.Count(other => other.Name == column.Name) > before.GetValueOrDefault(column.Name))];
    }

    private static string NameOf(Type type)
    {
        string name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : name;
    }
}
