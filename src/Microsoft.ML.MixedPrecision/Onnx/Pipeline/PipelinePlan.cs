using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>A column that an exported file computes.</summary>
/// <param name="Column">The column after the pipeline.</param>
/// <param name="IsLabel">Whether it says a class and is compared by equality; else it holds numbers and is compared by difference.</param>
internal readonly record struct PipelineOutput(DataViewSchema.Column Column, bool IsLabel);

/// <summary>
/// What of a fitted pipeline an ONNX file needs: the wanted columns, the steps that they depend on, and the columns of the
/// data that these read. A step that no wanted column depends on is not written, whatever it is.
/// </summary>
internal sealed class PipelinePlan
{
    /// <summary>The most rows that are read at a time.</summary>
    private const int BatchRows = 1024;

    /// <summary>The most values of inputs and outputs that are read at a time, 16 MB in FP32, unless one row has more.</summary>
    private const long BatchValues = 1 << 22;

    private readonly IReadOnlyList<(PipelineStep Step, IReadOnlyList<DataViewSchema.Column> Needed)> _steps;

    private PipelinePlan(IDataView root, IDataView result, IReadOnlyList<PipelineStep> steps, IReadOnlyList<DataViewSchema.Column> outputs)
    {
        Root = root;
        Result = result;
        Outputs = [.. outputs.Select(column => new PipelineOutput(column, IsLabel(column, steps)))];
        var needed = new List<(PipelineStep, IReadOnlyList<DataViewSchema.Column>)>();
        var columns = outputs;
        foreach (var step in steps.Reverse())
        {
            var made = step.NewColumns.IntersectBy(columns.Select(column => column.Index), column => column.Index).ToList();
            if (made.Count > 0)
            {
                needed.Insert(0, (step, made));
            }

            columns = step.Dependencies(columns);
        }

        _steps = needed;
        Inputs = columns;
        KeepsColumns = steps.All(step => step.KeepsColumns);
    }

    /// <summary>The data before the pipeline.</summary>
    public IDataView Root { get; }

    /// <summary>The data after the pipeline.</summary>
    public IDataView Result { get; }

    /// <summary>The columns of <see cref="Root"/> that the file takes.</summary>
    public IReadOnlyList<DataViewSchema.Column> Inputs { get; }

    /// <summary>Whether every column of <see cref="Root"/> is still there in <see cref="Result"/>, perhaps hidden.</summary>
    public bool KeepsColumns { get; }

    /// <summary>The columns of <see cref="Result"/> that the file computes.</summary>
    public IReadOnlyList<PipelineOutput> Outputs { get; }

    /// <summary>Plans an export.</summary>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="root">Data, with or without rows, that it can be applied to.</param>
    /// <param name="outputColumns">The wanted columns, or null for what the trained model makes and what is derived from that.</param>
    /// <exception cref="ArgumentException">A wanted column does not exist, or none is named and the pipeline has no trained
    /// model.</exception>
    /// <exception cref="NotSupportedException">A step does not make one row of each row, so that it cannot be left out either.</exception>
    public static PipelinePlan Create(ITransformer model, IDataView root, IReadOnlyList<string>? outputColumns)
    {
        var result = model.Transform(root);
        var steps = FindSteps(root, result);
        return new PipelinePlan(
            root,
            result,
            steps,
            outputColumns is null ? DefaultOutputs(result.Schema, steps) : NamedOutputs(result.Schema, outputColumns));
    }

    /// <summary>Writes the graph.</summary>
    /// <param name="writing">How networks of this library are written.</param>
    /// <exception cref="NotSupportedException">A needed step cannot be written.</exception>
    public PipelineOnnxContext Write(OnnxWriting writing)
    {
        var context = new PipelineOnnxContext(writing);
        foreach (var column in Inputs)
        {
            context.AddInput(column);
        }

        foreach (var (step, needed) in _steps)
        {
            step.Write(context, needed);
        }

        var names = Outputs.Select(output => (Name: context.AddOutput(output.Column), output.IsLabel)).ToList();
        OnnxGraphPruner.Prune(context.Graph.Graph);
        if (writing.Float16Edges)
        {
            OnnxFloat16Edges.Apply(
                context.Graph.Graph,
                [.. names.Where(output => output.IsLabel).Select(output => output.Name), .. writing.Float32Edges.Keys]);
        }

        return context;
    }

    /// <summary>Reads all rows, in batches, and what the model makes of them.</summary>
    /// <param name="use">Takes a batch: the reader that holds it, and its rows.</param>
    /// <returns>Rows in all.</returns>
    public long ForEachBatch(Action<PipelineReader, int> use)
    {
        long width = Inputs.Concat(Outputs.Select(output => output.Column)).Sum(
            column => (long)OnnxColumnType.Of(column.Type, column.Name).Width);
        using var reader = new PipelineReader(this, (int)Math.Clamp(BatchValues / Math.Max(1, width), 1, BatchRows));
        long rows = 0;
        for (int count = reader.Read(); count > 0; count = reader.Read())
        {
            use(reader, count);
            rows += count;
        }

        return rows;
    }

    private static List<PipelineStep> FindSteps(IDataView root, IDataView result)
    {
        var steps = new List<PipelineStep>();
        for (var view = result; !ReferenceEquals(view, root);)
        {
            if (view is not IDataTransform transform)
            {
                throw new NotSupportedException($"The pipeline makes a {view.GetType().Name}, which does not tell what it was made "
                    + $"from, and cannot be exported to ONNX. Apply that step to the data before the pipeline that is exported, or "
                    + $"export the network alone, from its features on, with {ExportNames.Network}.");
            }

            steps.Insert(0, new PipelineStep(transform));
            view = transform.Source;
        }

        return steps;
    }

    private static List<DataViewSchema.Column> NamedOutputs(DataViewSchema schema, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            throw new ArgumentException(
                $"{nameof(OnnxExportOptions.OutputColumns)} is empty; name at least one column, or leave it null.",
                nameof(names));
        }

        return [.. names.Distinct().Select(name => schema.GetColumnOrNull(name)
            ?? throw new ArgumentException($"The pipeline makes no column '{name}'; it has "
                + $"{string.Join(", ", schema.Where(column => !column.IsHidden).Select(column => column.Name))}.", nameof(names)))];
    }

    private static List<DataViewSchema.Column> DefaultOutputs(DataViewSchema schema, List<PipelineStep> steps)
    {
        int prediction = steps.FindLastIndex(step => step.IsPrediction);
        if (prediction < 0)
        {
            throw new ArgumentException($"The pipeline has no trained model, so there is no telling which columns are wanted; name "
                + $"them in {nameof(OnnxExportOptions)}.{nameof(OnnxExportOptions.OutputColumns)}.", nameof(steps));
        }

        List<DataViewSchema.Column> outputs = [.. schema.Where(column => !column.IsHidden && DependsOnPrediction(column))];
        return outputs.Count > 0
            ? outputs
            : throw new ArgumentException($"The pipeline drops all columns that its trained model makes, so there is nothing to "
                + $"export; keep one of them, or name other columns in "
                + $"{nameof(OnnxExportOptions)}.{nameof(OnnxExportOptions.OutputColumns)}.", nameof(steps));

        bool DependsOnPrediction(DataViewSchema.Column column)
        {
            IReadOnlyList<DataViewSchema.Column> columns = [column];
            for (int i = steps.Count - 1; i > prediction; i--)
            {
                columns = steps[i].Dependencies(columns);
            }

            return columns.Any(needed => steps[prediction].NewColumns.Any(made => made.Index == needed.Index));
        }
    }

    private static bool IsLabel(DataViewSchema.Column column, IReadOnlyList<PipelineStep> steps)
    {
        if ((column.Type as VectorDataViewType)?.ItemType is var item
            && (item ?? column.Type).RawType is var type
            && type != typeof(float)
            && type != typeof(double))
        {
            return true;
        }

        return steps.LastOrDefault(step => step.NewColumns.Any(made => made.Name == column.Name)) is { IsKeyToValue: true };
    }
}
