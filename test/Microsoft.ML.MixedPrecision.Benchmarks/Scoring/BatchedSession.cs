using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Fit;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Scoring;

/// <summary>ONNX Runtime called directly, with its default options, in batches; memory of inputs and outputs is the caller's and is bound
/// once.</summary>
internal sealed class BatchedSession : IDisposable
{
    /// <summary>Rows of a batch, ours too.</summary>
    public const int BatchRows = 1024;

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly float[] _x = new float[BatchRows * Teacher.Features];
    private readonly float[] _scores = new float[BatchRows * Teacher.Classes];
    private readonly string[] _inputs;
    private readonly string[] _outputs;

    /// <summary>Loads a model.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="input">Name of the features.</param>
    /// <param name="output">Name of the scores.</param>
    public BatchedSession(string path, string input, string output)
    {
        _session = new InferenceSession(path);
        (_inputs, _outputs) = ([input], [output]);
    }

    /// <summary>Scores rows that lie in an array, without copying them.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scores">Receives the scores.</param>
    public void FromArray(ScoredRows rows, float[] scores)
    {
        for (int start = 0; start < rows.Count; start += BatchRows)
        {
            int count = Math.Min(BatchRows, rows.Count - start);
            Run(rows.Features.AsMemory(start * Teacher.Features), scores.AsMemory(start * Teacher.Classes), count);
        }
    }

    /// <summary>Scores rows that it reads from the view, as a program would that does for itself what <c>Transform</c> does.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scores">Receives the scores.</param>
    public void FromView(ScoredRows rows, float[] scores)
    {
        DataViewSchema.Column column = rows.View.Schema[nameof(TableRow.Features)];
        using DataViewRowCursor cursor = rows.View.GetRowCursor([column]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> row = default;
        int done = 0;
        while (done < rows.Count)
        {
            int count = 0;
            while (count < BatchRows && cursor.MoveNext())
            {
                getter(ref row);
                row.CopyTo(_x.AsSpan(count++ * Teacher.Features));
            }

            Run(_x, _scores, count);
            _scores.AsSpan(0, count * Teacher.Classes).CopyTo(scores.AsSpan(done * Teacher.Classes));
            done += count;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }

    private void Run(Memory<float> x, Memory<float> scores, int rows)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance,
            x[..(rows * Teacher.Features)],
            [rows, Teacher.Features]);
        using var output = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance,
            scores[..(rows * Teacher.Classes)],
            [rows, Teacher.Classes]);
        _session.Run(_options, _inputs, [input], _outputs, [output]);
    }
}
