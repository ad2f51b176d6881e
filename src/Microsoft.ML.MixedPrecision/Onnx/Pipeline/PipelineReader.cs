using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Reads rows through a pipeline: at once what goes in and what the model makes of it. Where the pipeline drops columns, the data is read a
/// second
/// time for what goes in, and must then give the same rows in the same order.
/// </summary>
internal sealed class PipelineReader : IDisposable
{
    private readonly DataViewRowCursor _cursor;
    private readonly DataViewRowCursor? _before;
    private readonly string[] _names;
    private readonly ColumnBatch[] _inputs;
    private readonly ColumnBatch[] _outputs;
    private readonly int _rows;

    /// <summary>Opens a pipeline for reading.</summary>
    /// <param name="plan">The pipeline and its columns.</param>
    /// <param name="rows">The most rows to read at a time.</param>
    public PipelineReader(PipelinePlan plan, int rows)
    {
        _rows = rows;
        _names = [.. plan.Inputs.Select(column => column.Name)];
        var inputs = plan.KeepsColumns
            ? plan.Inputs.Select(column => Trace(column, plan.Root.Schema, plan.Result.Schema)).ToArray()
            : [.. plan.Inputs];
        var outputs = plan.Outputs.Select(output => output.Column).ToArray();
        _cursor = plan.Result.GetRowCursor(plan.KeepsColumns ? inputs.Union(outputs) : outputs);
        _before = plan.KeepsColumns ? null : plan.Root.GetRowCursor(inputs);
        _inputs = Array.ConvertAll(inputs, column => ColumnBatch.Create(_before ?? _cursor, column, rows));
        _outputs = Array.ConvertAll(outputs, column => ColumnBatch.Create(_cursor, column, rows));
    }

    /// <summary>Reads the next rows.</summary>
    /// <returns>How many there were; 0 at the end.</returns>
    /// <exception cref="InvalidOperationException">The data gave fewer rows the second time.</exception>
    public int Read()
    {
        int count = 0;
        for (; count < _rows && MoveNext(); count++)
        {
            foreach (var batch in _inputs)
            {
                batch.Read(count);
            }

            foreach (var batch in _outputs)
            {
                batch.Read(count);
            }
        }

        return count;
    }

    /// <summary>Runs a session on the rows just read.</summary>
    /// <param name="session">Its inputs are named as the columns.</param>
    /// <param name="outputs">The outputs to compute.</param>
    /// <param name="rows">How many rows were read.</param>
    public IDisposableReadOnlyCollection<OrtValue> Run(InferenceSession session, IReadOnlyCollection<string> outputs, int rows)
    {
        using var run = new RunOptions();
        using var inputs = new OrtValueList(
            session.InputNames.Select(name => Input(name, session.InputMetadata[name].ElementDataType, rows)));
        return session.Run(run, session.InputNames, inputs, outputs);
    }

    /// <summary>The rows just read, as an input takes them.</summary>
    /// <param name="name">The input, named as its column.</param>
    /// <param name="wanted">What it holds: the column's type, or FP16 for FP32.</param>
    /// <param name="rows">How many rows were read.</param>
    public OrtValue Input(string name, TensorElementType wanted, int rows)
    {
        var tensor = _inputs[Array.IndexOf(_names, name)].ToTensor(rows);
        if (wanted != TensorElementType.Float16)
        {
            return tensor;
        }

        using (tensor)
        {
            return OrtFloat16.Narrow(tensor);
        }
    }

    /// <summary>What the model made of the rows just read.</summary>
    /// <param name="rows">How many rows were read.</param>
    public OrtValueList Outputs(int rows) => new(_outputs.Select(batch => batch.ToTensor(rows)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _cursor.Dispose();
        _before?.Dispose();
    }

    private bool MoveNext()
    {
        bool hasRow = _cursor.MoveNext();
        if (_before is not null && _before.MoveNext() != hasRow)
        {
            throw new InvalidOperationException("The data has not the same rows when it is read a second time, which a pipeline that "
                + "drops columns needs to be compared with its file. Load the data first, with Data.Cache for example.");
        }

        return hasRow;
    }

    /// <summary>Finds a column again behind the pipeline: steps keep the order of those with one name, and put theirs behind
    /// them.</summary>
    private static DataViewSchema.Column Trace(DataViewSchema.Column column, DataViewSchema root, DataViewSchema result)
    {
        int before = root.Take(column.Index).Count(other => other.Name == column.Name);
        return result.Where(other => other.Name == column.Name).ElementAt(before);
    }
}
