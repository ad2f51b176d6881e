using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>Reads rows into the memory of a batch, runs the model on them, and gives its results out. Serves one cursor, and so one
/// thread.</summary>
internal sealed class OnnxBatch : IDisposable
{
    private readonly OnnxScorer _scorer;
    private readonly SessionLease _lease;
    private readonly RunOptions _options;
    private readonly InputBuffer[] _inputs;
    private readonly OutputBuffer[] _outputs;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;

    /// <summary>Takes memory and a share of the session.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="columns">Where the model's inputs come from.</param>
    /// <param name="rows">Rows of a batch; where the model fixes them, they are padded.</param>
    /// <exception cref="NotSupportedException">There is no native library, or not the device asked for.</exception>
    /// <exception cref="InvalidOperationException">ONNX Runtime does not take the model.</exception>
    public OnnxBatch(OnnxScorer scorer, IReadOnlyList<RowColumn> columns, int rows)
    {
        _scorer = scorer;
        int held = scorer.Model.FixedBatch ?? rows;
        _inputNames = [.. scorer.Columns.Inputs.Select(input => input.Port.Name)];
        _outputNames = [.. scorer.Columns.Outputs.Select(output => output.Port.Name)];
        _inputs = [.. scorer.Columns.Inputs.Select((input, index) => InputBuffer.Create(columns[index], input.Port, held))];
        _outputs = [.. scorer.Columns.Outputs.Select(output => OutputBuffer.Create(output.Port, held))];
        _lease = scorer.Session.Rent();
        _options = new RunOptions();
    }

    /// <summary>Takes the inputs of the current row.</summary>
    /// <param name="row">Where to.</param>
    public void Read(int row)
    {
        foreach (var input in _inputs)
        {
            input.Read(row);
        }
    }

    /// <summary>Runs the model.</summary>
    /// <param name="rows">On the first so many rows.</param>
    /// <exception cref="OnnxModelRefusedException">With so many rows a value would be above a limit.</exception>
    /// <exception cref="InvalidOperationException">ONNX Runtime failed; the message says why.</exception>
    public void Run(int rows)
    {
        int run = _scorer.Model.FixedBatch ?? rows;
        _scorer.Model.CheckBatch(run);
        if (run > rows)
        {
            Array.ForEach(_inputs, input => input.Clear(rows, run));
        }

        try
        {
            _lease.Session.Run(
                _options,
                _inputNames,
                Array.ConvertAll(_inputs, input => input.ToValue(run)),
                _outputNames,
                Array.ConvertAll(_outputs, output => output.ToValue(run)));
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidOperationException($"ONNX Runtime failed on a batch of {run} rows: {exception.Message.TrimEnd('.')}. "
                + $"Every output must have a row for each row of the inputs; if the model is meant for another batch size, set "
                + $"{nameof(OnnxScoringEstimator.Options.BatchSize)}.", exception);
        }

        foreach (var output in _outputs)
        {
            output.Fetch(run);
        }
    }

    /// <summary>A getter of an output's column.</summary>
    /// <param name="output">Its place among the outputs.</param>
    /// <param name="row">The current row.</param>
    public Delegate Getter(int output, Func<int> row) => _outputs[output].Getter(row);

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_inputs, input => input.Dispose());
        Array.ForEach(_outputs, output => output.Dispose());
        _options.Dispose();
        _lease.Dispose();
    }
}
