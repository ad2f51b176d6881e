using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>One step of a fitted pipeline, as the view that it makes of the data before it.</summary>
/// <param name="view">The view.</param>
internal sealed class PipelineStep(IDataTransform view)
{
    /// <summary>The type of the transformer, as its user knows it.</summary>
    public string Name { get; } = NameOf(view is RowToRowMapperTransform rows ? rows.GetTransformer().GetType() : view.GetType());

    /// <summary>The visible columns that this step adds, or puts before one of the same name.</summary>
    public IReadOnlyList<DataViewSchema.Column> NewColumns { get; } = FindNewColumns(view);

    /// <summary>Whether a trained model makes the columns; a copy of a score is not a model's.</summary>
    public bool IsPrediction
        => view is not RowToRowMapperTransform
            && NewColumns.Any(column => column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.ScoreColumnSetId) is not null);

    /// <summary>Whether the step turns keys into the values that they stand for.</summary>
    public bool IsKeyToValue => view is RowToRowMapperTransform rows && rows.GetTransformer() is KeyToValueMappingTransformer;

    /// <summary>Whether the step keeps every column that it was given, hidden or not; SelectColumns does not.</summary>
    public bool KeepsColumns => view is RowToRowMapperTransform || IsPrediction;

    /// <summary>The columns before this step that columns after it depend on.</summary>
    /// <param name="columns">Columns after this step.</param>
    /// <exception cref="NotSupportedException">The step does not make one row of each row, in the same order: a filter, for
    /// example.</exception>
    public IReadOnlyList<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> columns)
        => view is IRowToRowMapper mapper
            ? [.. mapper.GetDependencies(columns)]
            : throw new NotSupportedException(
                $"The step {Name} cannot be exported to ONNX: it does not make one row of each row (it filters, skips, repeats or "
                    + $"reorders rows), and a file computes each row by itself. "
                + $"Apply it to the data before the pipeline that is exported, or export the network alone, from its features on, with "
                    + $"{ExportNames.Network}.");

    /// <summary>Writes the step.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="needed">Those of <see cref="NewColumns"/> that something depends on.</param>
    /// <exception cref="NotSupportedException">The step cannot be written.</exception>
    public void Write(PipelineOnnxContext context, IReadOnlyList<DataViewSchema.Column> needed)
    {
        if (view is RowToRowMapperTransform rows)
        {
            WriteColumns(context, rows.GetTransformer(), needed);
        }
        else
        {
            WriteModel(context, needed);
        }
    }

    private void WriteColumns(PipelineOnnxContext context, ITransformer transformer, IReadOnlyList<DataViewSchema.Column> needed)
    {
        var writer = ColumnWriters.Find(transformer) ?? throw Refusal(needed, "it has no ONNX form here");
        context.SetColumns([.. needed.Select(column => (column, Write(column)))]);

        OnnxValue Write(DataViewSchema.Column column)
        {
            var numbers = new FiniteNumbers(context.Graph.Graph);
            var value = writer.Write(Column(column));
            return numbers.WhyNot() is { } reason
                ? throw Refusal([column], $"column '{column.Name}' cannot be read again: {reason}")
                : value;
        }

        PipelineColumn Column(DataViewSchema.Column column)
        {
            var inputs = Dependencies([column]);
            if (inputs.FirstOrDefault(input => !writer.TakesAnyLength && IsAnyLength(input)) is { Name: not null } input)
            {
                throw Refusal([column], $"it reads '{input.Name}', a vector whose length differs from row to row ({input.Type})");
            }

            return !writer.GivesAnyLength && IsAnyLength(column)
                ? throw Refusal([column], $"column '{column.Name}' is a vector whose length differs from row to row ({column.Type})")
                : new PipelineColumn(context, transformer, view.Source.Schema, column, inputs, reason => Refusal([column], reason));
        }
    }

    private static bool IsAnyLength(DataViewSchema.Column column) => column.Type is VectorDataViewType { IsKnownSize: false };

    /// <summary>A trained model describes itself.</summary>
    private void WriteModel(PipelineOnnxContext context, IReadOnlyList<DataViewSchema.Column> needed)
    {
        if (view is not ITransformCanSaveOnnx writer || !writer.CanSaveOnnx(context))
        {
            throw Refusal(needed, "it does not describe itself in ONNX");
        }

        var numbers = new FiniteNumbers(context.Graph.Graph);
        var written = context.WriteStep(() => writer.SaveAsOnnx(context), Name, [.. NewColumns.Select(column => column.Name)]);
        foreach (var column in needed)
        {
            if (!written.Contains(column.Name))
            {
                throw Refusal(needed, $"it does not write column '{column.Name}' of type {column.Type}");
            }
        }

        if (numbers.WhyNot() is { } reason)
        {
            throw Refusal(needed, reason);
        }

        if (view is not IWritesMissingKeys)
        {
            ReplaceKeys(context);
        }
    }

    /// <summary>
    /// ML.NET takes the class of its own models by operators that give a row of NaN one, where its scorers give it none: the key is written
    /// anew, from the scores.
    /// Networks of this library have written theirs so.
    /// </summary>
    private void ReplaceKeys(PipelineOnnxContext context)
    {
        foreach (var label in NewColumns.Where(column => column.Type is KeyDataViewType
            && IsKind(column, AnnotationUtils.Kinds.ScoreValueKind, AnnotationUtils.Const.ScoreValueKind.PredictedLabel)))
        {
            bool isCluster = IsKind(label, AnnotationUtils.Kinds.ScoreColumnKind, AnnotationUtils.Const.ScoreColumnKind.Clustering);
            if (!isCluster
                && !IsKind(label, AnnotationUtils.Kinds.ScoreColumnKind, AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification))
            {
                continue;
            }

            var scores = NewColumns.Single(
                column => IsKind(column, AnnotationUtils.Kinds.ScoreValueKind, AnnotationUtils.Const.ScoreValueKind.Score));
            context.SetKey(label, scores, largest: !isCluster);
        }
    }

    private static bool IsKind(DataViewSchema.Column column, string annotation, string kind)
    {
        if (column.Annotations.Schema.GetColumnOrNull(annotation)?.Type is not TextDataViewType)
        {
            return false;
        }

        ReadOnlyMemory<char> value = default;
        column.Annotations.GetValue(annotation, ref value);
        return value.Span.SequenceEqual(kind);
    }

    private NotSupportedException Refusal(IReadOnlyList<DataViewSchema.Column> columns, string reason)
        => new($"The step {Name}, which makes {string.Join(", ", columns.Select(column => $"'{column.Name}'"))}, cannot be exported to "
            + $"ONNX: {reason}. "
            + $"Exported are {ColumnWriters.Exported}. Apply this step to the data before the pipeline that is exported, ask for "
                + $"columns that do not depend on it, "
            + $"or export the network alone, from its features on, with {ExportNames.Network}.");

    private static List<DataViewSchema.Column> FindNewColumns(IDataTransform view)
    {
        var before = view.Source.Schema.CountBy(column => column.Name).ToDictionary();
        return [.. view.Schema
            .Where(column => !column.IsHidden
                && view.Schema.Count(other => other.Name == column.Name) > before.GetValueOrDefault(column.Name))];
    }

    private static string NameOf(Type type)
    {
        string name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : name;
    }
}
